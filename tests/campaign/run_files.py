"""What a run folder holds, but for what depends on the clock, so that two runs can be compared."""
import json, struct

CLOCK = {"seconds", "images_per_second", "peak_memory_bytes"}


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(data):
    """The payloads of a TensorBoard event file; raises ValueError where one is not whole."""
    offset, payloads = 0, []
    while offset < len(data):
        if len(data) - offset < 16:
            raise ValueError(f"{len(data) - offset} stray bytes at its end")
        header, length = data[offset:offset + 8], struct.unpack_from("<Q", data, offset)[0]
        payload, end = data[offset + 12:offset + 12 + length], offset + 12 + length
        if len(data) < end + 4:
            raise ValueError("a record that is cut")
        if struct.unpack_from("<I", data, offset + 8)[0] != crc32c(header) or \
                struct.unpack_from("<I", data, end)[0] != crc32c(payload):
            raise ValueError("a record with a wrong checksum")
        payloads.append(payload)
        offset = end + 4
    return payloads


def fields(message):
    """The fields of a protocol buffer: (number, value)."""
    offset, found = 0, []

    def number():
        nonlocal offset
        value = shift = 0
        while True:
            byte = message[offset]
            offset += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while offset < len(message):
        key = number()
        if key & 7 == 0:
            value = number()
        else:
            size = {1: 8, 5: 4}.get(key & 7) or number()
            value = message[offset:offset + size]
            offset += size
        found.append((key >> 3, value))
    return found


def timeless_events(data):
    """Each event without its wall time (field 1) and without the values of the clock."""
    events = []
    for payload in records(data):
        event = []
        for field, value in fields(payload):
            if field == 5:
                values = [fields(v) for f, v in fields(value) if f == 1]
                event += [("value", v) for v in values if dict(v).get(1, b"").decode() not in CLOCK]
            elif field != 1:
                event.append((field, value))
        events.append(event)
    return events


def timeless_metrics(data):
    lines = []
    for line in data.decode().splitlines():
        epoch = json.loads(line, parse_constant=lambda word: f"bare {word}")
        lines.append(json.dumps({key: value for key, value in epoch.items() if key not in CLOCK}))
    return lines


def contents(run):
    """What is to be compared of a run folder, by name. Values that are texts beginning with "broken" cannot be
    read."""
    found = {}
    for file in sorted(run.iterdir()) if run.is_dir() else []:
        if not file.is_file():
            continue
        data = file.read_bytes()
        try:
            if file.name == "metrics.jsonl":
                found[file.name] = timeless_metrics(data)
            elif "tfevents" in file.name:
                found[file.name] = timeless_events(data)
            elif file.suffix in (".safetensors", ".npy") or file.name == "config.toml":
                found[file.name] = data
        except json.JSONDecodeError:
            found[file.name] = "broken: a line that is no JSON"
        except (ValueError, IndexError, struct.error) as error:
            found[file.name] = f"broken: {error}"
    return found


def describe_metrics(wanted, got):
    for epoch, (one, other) in enumerate(zip(wanted, got), 1):
        one, other = json.loads(one), json.loads(other)
        keys = [key for key in {**one, **other} if one.get(key) != other.get(key)]
        if keys:
            return "metrics.jsonl differs in " + ", ".join(sorted(keys))
    return f"metrics.jsonl has {len(got)} lines, not {len(wanted)}"


def differences(wanted, got):
    """Sentences on what differs between two contents()."""
    said = []
    for name in sorted(wanted.keys() | got.keys()):
        if name not in got:
            said.append(f"{name} is missing")
        elif name not in wanted:
            said.append(f"{name} is there, which the reference has not")
        elif isinstance(got[name], str):
            said.append(f"{name} is {got[name]}")
        elif wanted[name] != got[name]:
            said.append(describe_metrics(wanted[name], got[name]) if name == "metrics.jsonl" else f"{name} differs")
    return said


def litter(run):
    """Names that look temporary, and are left behind."""
    return sorted(str(f.relative_to(run)) for f in run.rglob("*")
                  if f.is_file() and (".partial" in f.name or "tmp" in f.name.lower() or f.name.startswith("next.")))
