"""Plain storage: serves the files of a folder, and knows nothing of media. Prints its port."""

import functools
import http.server
import sys


class Files(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass


def main():
    handler = functools.partial(Files, directory=sys.argv[1])
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


main()
