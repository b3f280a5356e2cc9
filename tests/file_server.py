"""Serves a folder over HTTP on a free port of this machine, with byte ranges unless told not to.

usage: file_server.py FOLDER PORT_FILE LOG [--no-ranges]      writes the port, and each request's range
"""
import http.server, pathlib, re, sys

folder, port_file, log = (pathlib.Path(word) for word in sys.argv[1:4])
ranges = "--no-ranges" not in sys.argv


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        wanted = self.headers.get("Range", "")
        with log.open("a") as lines:
            lines.write(f"{self.path} {wanted}\n")
        file = folder / self.path.lstrip("/")
        if not file.is_file():
            return self.send_error(404)
        data = file.read_bytes()
        match = re.fullmatch(r"bytes=(\d+)-", wanted)
        begin = int(match[1]) if match and ranges else 0
        if begin and begin >= len(data):
            return self.send_error(416)
        self.send_response(206 if begin else 200)
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - begin))
        self.end_headers()
        self.wfile.write(data[begin:])

    def log_message(self, *_):
        pass


server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
port_file.write_text(str(server.server_port))
server.serve_forever()
