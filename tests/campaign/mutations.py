"""Changes bytes, texts and files of known structure, so that most of what reads them is reached."""
import gzip, io, json, re, struct, zipfile, zlib

NUMBERS = ["0", "-1", "1", "2", "-0.0", "1.5", "0.5", "1e308", "-1e308", "1e999", "1e-320", "1e-300", "nan", "NaN", "inf",
           "-inf", "Infinity", "0x10", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551615",
           "4294967296", "2147483647", "2147483648", "-2147483649", "999999999999999999999999", "65536", "20000", "99999",
           "", "+1", " 1", "1_000", "1,5", "true", "1e", "--1", "1/0"]
PIECES = [b"\0", b"\x1b[2J\x1b]0;x\x07", b"\x7f", b"\xff\xfe", b"\xc2\x9b31m", b"\xed\xa0\x80", b"\xe2\x80\xae", b"\r", b"\n\n",
          b"\t", b'"', b"'", b"\\", b"{", b"}", b"[", b"]", b",", b":", b"=", b"+", b"/", b"#", b" ", b"..", b"/dev/null", b"<b>",
          b"&", b"%s%n", b"{}", b"nan", b"null", "ä".encode(), "𝄞".encode(), b"\xef\xbb\xbf"]
WORDS = [0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF,
         0x8000000000000000, 0xFFFFFFFFFFFFFFFF, 1 << 32, 1 << 40]
FLOATS = [float("nan"), float("inf"), float("-inf"), 3.4e38, -3.4e38, 1e-45, -0.0, 1e30]


def span(rng, size, longest=64):
    begin = rng.randint(0, size)
    return begin, min(size, begin + rng.randint(1, longest))


def mutate_bytes(rng, data):
    for _ in range(rng.choice([1, 1, 1, 2, 3, 6])):
        data = change_bytes(rng, data)
    return data


def change_bytes(rng, data):
    if not data:
        return rng.randbytes(rng.randint(0, 32))
    begin, end = span(rng, len(data), 64 if rng.random() < 0.8 else len(data))
    if rng.random() < 0.4:  # where formats keep their headers
        begin, end = (lambda b: (b, min(len(data), b + rng.randint(1, 16))))(rng.randint(0, min(len(data) - 1, 64)))
    other, other_end = span(rng, len(data))
    how = rng.randrange(11)
    if how == 0:
        at = min(begin, len(data) - 1)
        return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1:]
    if how == 1:
        return data[:begin]
    if how == 2:
        return data[:begin] + data[end:]
    if how == 3:
        return data[:end] + data[begin:end] * rng.choice([1, 1, 2, 100]) + data[end:]
    if how == 4:
        first, second = sorted([(begin, end), (other, other_end)])
        if first[1] > second[0]:
            return data[::-1]
        return (data[:first[0]] + data[slice(*second)] + data[first[1]:second[0]] + data[slice(*first)] + data[second[1]:])
    if how in (5, 6):
        word = struct.pack(rng.choice("<>") + "Q", rng.choice(WORDS))
        size = rng.choice([1, 2, 4, 8])
        word = word[:size] if rng.random() < 0.5 else word[-size:]
        return data[:begin] + word + data[begin + (size if how == 5 else 0):]
    if how == 7:
        return data[:begin] + rng.randbytes(end - begin) + data[end:]
    if how == 8:
        return data[:begin] + rng.choice([b"\0", b"\xff"]) * (end - begin) + data[end:]
    if how == 9:
        return data + rng.choice([b"\0", b"\xff", b" ", b"\n", rng.randbytes(1)]) * rng.choice([1, 8, 1000, 100000])
    return data[:begin] + rng.choice(PIECES) + data[begin:]


def mutate_text(rng, data):
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        data = change_text(rng, data)
    return data


def change_text(rng, data):
    how = rng.randrange(10)
    lines = data.split(b"\n")
    at = rng.randrange(len(lines))
    if how <= 3:
        numbers = list(re.finditer(rb"-?\d+(\.\d+)?(e-?\d+)?", data))
        if numbers:
            number = rng.choice(numbers)
            return data[:number.start()] + rng.choice(NUMBERS).encode() + data[number.end():]
    if how == 4:
        words = list(re.finditer(rb"[\w.-]+", data))
        if words:
            word, other = rng.choice(words), rng.choice(words)
            return data[:word.start()] + rng.choice([b"", other[0], word[0] * 2, word[0] * 2000, word[0].upper()]) + data[word.end():]
    if how == 5:
        return b"\n".join(rng.choice([lines[:at] + lines[at + 1:], lines[:at + 1] + lines[at:], lines[:at],
                                      lines[at:] + lines[:at], lines * 50]))
    if how == 6:
        begin = rng.randint(0, len(data))
        return data[:begin] + rng.choice([b"[", b"{", b'{"a":', b"(", b'"', b"a=[", b"[["]) * rng.choice([1, 10, 3000, 30000]) + data[begin:]
    if how in (7, 8):
        begin = rng.randint(0, len(data))
        return data[:begin] + rng.choice(PIECES) * rng.choice([1, 1, 1, 3000]) + data[begin + rng.choice([0, 0, 1, 4]):]
    return change_bytes(rng, data)


def mutate_with_header(rng, data, begin, end, seal):
    """A text within a file, and what says how long it is: seal(text) gives all bytes up to the text's end."""
    how = rng.random()
    if how < 0.55:
        return seal(mutate_text(rng, data[begin:end])) + data[end:]
    if how < 0.8 and len(data) > end + 4:
        return change_floats(rng, data, end)
    return mutate_bytes(rng, data[:end]) + data[end:] if how < 0.9 else mutate_bytes(rng, data)


def change_floats(rng, data, begin):
    changed = bytearray(data)
    for _ in range(rng.choice([1, 1, 3])):
        at = begin + 4 * rng.randrange((len(data) - begin) // 4)
        changed[at:at + 4] = struct.pack("<f", rng.choice(FLOATS)) if rng.random() < 0.5 else \
            struct.pack("<I", struct.unpack_from("<I", data, at)[0] ^ 1 << rng.randrange(22, 31))
    return bytes(changed)


def mutate_safetensors(rng, data):
    length, = struct.unpack_from("<Q", data)
    return mutate_with_header(rng, data, 8, 8 + length, lambda text: struct.pack("<Q", len(text)) + text)


def mutate_npy(rng, data):
    length, = struct.unpack_from("<H", data, 8)
    return mutate_with_header(rng, data, 10, 10 + length,
                              lambda text: data[:8] + struct.pack("<H", min(len(text), 65535)) + text)


def mutate_gzip(rng, data):
    if rng.random() < 0.5:
        return mutate_bytes(rng, data)
    return gzip.compress(mutate_bytes(rng, gzip.decompress(data)), mtime=0)


def png_chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def mutate_png(rng, data):
    """Half of the time chunk by chunk, with the checksums made right."""
    if rng.random() < 0.5:
        return mutate_bytes(rng, data)
    chunks, offset = [], 8
    while offset < len(data):
        size, = struct.unpack_from(">I", data, offset)
        chunks.append((data[offset + 4:offset + 8], data[offset + 8:offset + 8 + size]))
        offset += size + 12
    at = rng.randrange(len(chunks))
    kind, body = chunks[at]
    how = rng.randrange(6)
    if how <= 2:
        chunks[at] = kind, zlib.compress(mutate_bytes(rng, zlib.decompress(body))) if kind == b"IDAT" and how else \
            mutate_bytes(rng, body)
    elif how == 3:
        chunks[at:at] = [rng.choice(chunks)] * rng.choice([1, 1, 100])
    elif how == 4:
        del chunks[at]
    else:
        chunks[at] = rng.choice([b"PLTE", b"tRNS", b"iCCP", b"zTXt", b"\x1b[2J", b"CgBI", rng.randbytes(4)]), body
    return data[:8] + b"".join(png_chunk(*chunk) for chunk in chunks)


def zip_of(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, contents in files:
            archive.writestr(zipfile.ZipInfo(name), contents)
    return buffer.getvalue()


def mutate_zip(rng, data):
    """Half of the time one of the files within, with the checksums made right."""
    if rng.random() < 0.4:
        return mutate_bytes(rng, data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = [(info.filename, archive.read(info)) for info in archive.infolist()]
    at = rng.randrange(len(files))
    name, contents = files[at if rng.random() < 0.3 else 0]
    files[files.index((name, contents))] = (name, mutate_bytes(rng, contents))
    return zip_of(files)


def checkpoint_checksum(header, data):
    """The checksum of a checkpoint (tools/files/checkpoint.cpp)."""
    crc = 0
    for key, value in sorted(header["__metadata__"].items()):
        if key != "checksum":
            crc = zlib.crc32(key.encode() + b"\0" + value.encode() + b"\0", crc)
    words = {"F32": "float32", "I32": "int32", "U8": "uint8"}
    for name, entry in sorted(header.items()):
        if name != "__metadata__":
            shape = ", ".join(map(str, entry["shape"]))
            crc = zlib.crc32(f"{name} {words[entry['dtype']]} ({shape})\0".encode(), crc)
            crc = zlib.crc32(data[slice(*entry["data_offsets"])], crc)
    return f"{crc:08x}"


def mutate_checkpoint(rng, data):
    """Two times in three its numbers, with a checksum that is right, if this is still how it is summed."""
    length, = struct.unpack_from("<Q", data)
    header, values = json.loads(data[8:8 + length]), data[8 + length:]
    if rng.random() < 0.33 or checkpoint_checksum(header, values) != header["__metadata__"]["checksum"]:
        return mutate_safetensors(rng, data)
    how, metadata = rng.random(), header["__metadata__"]
    if how < 0.5:
        metadata[rng.choice([k for k in metadata if k != "checksum"])] = rng.choice(NUMBERS)
    elif how < 0.7:
        metadata.pop(rng.choice([k for k in metadata if k != "checksum"]))
    elif how < 0.85:
        values = change_floats(rng, values, 0)
    else:
        one, other = rng.sample([k for k in header if k != "__metadata__"], 2)
        header[one], header[other] = header[other], header[one]
    metadata["checksum"] = checkpoint_checksum(header, values)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + values


def mutate_spec(rng, text):
    """A word of the command line."""
    data = mutate_text(rng, text.encode()).replace(b"\0", b"")[:100000]
    return data
