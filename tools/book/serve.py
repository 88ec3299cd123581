#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Serves the built site to this machine only:  tools/book/serve.py [FOLDER] [PORT] [PAGE]   Without a port any free one is taken.
# /faults/E01 means faults/E01.html. Ctrl-C ends it.

import functools
import http.server
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent.parent.parent


class Site(http.server.SimpleHTTPRequestHandler):
    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".js": "text/javascript", ".mjs": "text/javascript",
                      ".wasm": "application/wasm", ".woff2": "font/woff2", ".svg": "image/svg+xml", ".epub": "application/epub+zip"}

    def translate_path(self, path):
        found = pathlib.Path(super().translate_path(path))
        page = found.with_name(found.name + ".html")
        return str(page if page.is_file() and not found.is_file() else found)

    def list_directory(self, path):
        self.send_error(404)

    def send_error(self, code, message=None, explain=None):
        page = pathlib.Path(self.directory) / "404.html"
        if code != 404 or not page.is_file():
            super().send_error(code, message, explain)
            return
        body = page.read_bytes()
        self.send_response(404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def end_headers(self):
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """A browser that goes away in the middle of a file is no trouble of ours."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def serve(folder, port, page=""):
    if not (folder / f"{page or 'index'}.html").is_file():
        sys.exit(f"serve: there is no site in {folder}; make book builds it")
    try:
        server = Server(("127.0.0.1", port), functools.partial(Site, directory=folder))
    except OSError as error:
        sys.exit(f"serve: port {port}: {error.strerror}; leave it out to take any free one")
    what = f"The {page or 'book'}"
    print(f"{what} is at http://127.0.0.1:{server.server_port}/{page}  (English: /en/{page}). Ctrl-C ends it.", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    if len(sys.argv) > 4 or not all(word.isdigit() for word in sys.argv[2:3]):
        sys.exit("usage: serve.py [FOLDER] [PORT] [PAGE]")
    serve(pathlib.Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else HERE / "build" / "book" / "site",
          int((sys.argv[2:] or ["0"])[0]), *sys.argv[3:])
