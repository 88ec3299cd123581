#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Serves the built site to this machine only:  tools/book/serve.py [FOLDER] [PORT] [PAGE]   Without a port any free one is taken.
# /faults/E01 means faults/E01.html. What web/compress.mjs compressed goes out so to whoever accepts it. Ctrl-C ends it.

import functools
import http.server
import os
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent.parent.parent


# How the name of a file ends that is coded so, the smallest first.
CODINGS = {"br": ".br", "gzip": ".gz", "identity": ""}


def wishes(accepted):
    """Of an Accept-Encoding: how much each coding is wished for, 0 to 1. A wish that is not well formed counts as none."""
    found = {}
    for wish in filter(str.strip, accepted.lower().split(",")):
        name, _, weight = (part.strip() for part in wish.partition(";"))
        q = re.fullmatch(r"q\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)", weight) if weight else None
        found[{"x-gzip": "gzip"}.get(name, name)] = float(q[1]) if q else float(not weight)
    return found


def coding_for(accepted, there):
    """What is wished for most of what is there, and of two alike the smaller. A plain file is what is left for everybody."""
    wished = wishes(accepted)
    of = {coding: wished.get(coding, wished.get("*", 0)) for coding in there}
    best = max(of, key=of.get)
    return best if of[best] > 0 else "identity"


def codings_of(page):
    """What was made of this very page, which its time tells; another file may have come into its place since."""
    made = page.stat().st_mtime_ns
    files = {coding: page.with_name(page.name + ending) for coding, ending in CODINGS.items()}
    return [coding for coding, file in files.items() if file.is_file() and file.stat().st_mtime_ns == made]


class Site(http.server.SimpleHTTPRequestHandler):
    extensions_map = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".js": "text/javascript", ".mjs": "text/javascript",
                      ".wasm": "application/wasm", ".woff2": "font/woff2", ".svg": "image/svg+xml", ".epub": "application/epub+zip"}

    def translate_path(self, path):
        found = pathlib.Path(super().translate_path(path))
        page = found.with_name(found.name + ".html")
        return str(page if page.is_file() and not found.is_file() else found)

    def send_head(self):
        page = pathlib.Path(self.translate_path(self.path))
        if self.path.partition("?")[0].endswith("/") and page.is_dir():
            page /= "index.html"
        return self.send_page(page) if page.is_file() else super().send_head()

    def send_page(self, page):
        """A part of a page (Range) would be a part of the plain one, so whoever asks for one gets nothing that is coded."""
        coding = "identity" if "Range" in self.headers else coding_for(self.headers.get("Accept-Encoding", ""), codings_of(page))
        file = page.with_name(page.name + CODINGS[coding]).open("rb")
        about = os.fstat(file.fileno())
        tag = f'"{about.st_mtime_ns:x}-{about.st_size:x}-{coding}"'
        known = self.headers.get("If-None-Match", "")
        same = known.strip() == "*" or tag in re.findall(r'"[^"]*"', known)
        self.send_response(304 if same else 200)
        self.send_header("ETag", tag)
        self.send_header("Vary", "Accept-Encoding")
        if not same:
            self.send_header("Content-Type", self.guess_type(page))
            self.send_header("Content-Length", str(about.st_size))
            if coding != "identity":
                self.send_header("Content-Encoding", coding)
        self.end_headers()
        return file.close() if same else file

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
