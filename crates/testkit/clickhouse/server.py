# ClickHouse's HTTP interface in front of its engine, for tests: python server.py FOLDER PORT USER PASSWORD
#
# What a client's query does is the engine's own doing. Different from a real server:
# - There is one engine with one connection: queries run one after the other.
# - An answer begins when the query is done, as with wait_end_of_query=1: no error comes amid the rows.
# - Sessions, roles, compression of blocks (compress, decompress) and parameters of an INSERT are not implemented, and
#   refused as such.
import base64
import binascii
import contextlib
import email.parser
import email.policy
import json
import os
import re
import signal
import sys
import tempfile
import threading
import urllib.parse
import uuid
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import chdb

FOLDER, PORT, USER, PASSWORD = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]

# Parameters of the URL that are not settings. (Of the last two: every answer is whole before it is sent.)
NO_SETTINGS = {"query", "database", "default_format", "user", "password", "query_id", "quota_key"}
NO_SETTINGS |= {"wait_end_of_query", "buffer_size"}
REFUSED = {"compress", "decompress", "session_id", "role"}

INSERT_WITH_DATA = re.compile(rb"(\s*INSERT\s+INTO\s.*?)\s+FORMAT\s+(\w+)[ \t\r]*\n?", re.IGNORECASE | re.DOTALL)
FORMAT_OF_QUERY = re.compile(r"\sFORMAT\s+(\w+)\s*(?:SETTINGS\s[^()]*)?;?\s*$", re.IGNORECASE)
READING = re.compile(r"[\s(]*(SELECT|WITH)\b", re.IGNORECASE)
NAME = re.compile(r"\w+")

# Formats whose pieces can be put behind each other as they are.
IN_PIECES = {"TabSeparated", "TSV", "CSV", "RowBinary", "JSONEachRow", "JSONCompactEachRow", "Native"}

BLOCK = 1 << 16
IN_MEMORY = 1 << 24

# By the error's name in the engine; any other is a 500.
STATUSES = {
    400: {
        "BAD_ARGUMENTS",
        "CANNOT_COMPILE_REGEXP",
        "CANNOT_PARSE_DATE",
        "CANNOT_PARSE_DATETIME",
        "CANNOT_PARSE_DOMAIN_VALUE_FROM_STRING",
        "CANNOT_PARSE_ESCAPE_SEQUENCE",
        "CANNOT_PARSE_INPUT_ASSERTION_FAILED",
        "CANNOT_PARSE_IPV4",
        "CANNOT_PARSE_IPV6",
        "CANNOT_PARSE_NUMBER",
        "CANNOT_PARSE_QUOTED_STRING",
        "CANNOT_PARSE_TEXT",
        "CANNOT_PARSE_UUID",
        "DUPLICATE_COLUMN",
        "ILLEGAL_COLUMN",
        "INCORRECT_DATA",
        "SYNTAX_ERROR",
        "THERE_IS_NO_COLUMN",
        "TOO_BIG_AST",
        "TOO_DEEP_AST",
        "TYPE_MISMATCH",
        "UNEXPECTED_AST_STRUCTURE",
        "VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE",
    },
    403: {"ACCESS_DENIED", "AUTHENTICATION_FAILED"},
    404: {
        "UNKNOWN_AGGREGATE_FUNCTION",
        "UNKNOWN_DATABASE",
        "UNKNOWN_DATABASE_ENGINE",
        "UNKNOWN_FORMAT",
        "UNKNOWN_FUNCTION",
        "UNKNOWN_IDENTIFIER",
        "UNKNOWN_SETTING",
        "UNKNOWN_STORAGE",
        "UNKNOWN_TABLE",
        "UNKNOWN_TYPE",
    },
    408: {"TIMEOUT_EXCEEDED"},
    413: {"QUERY_IS_TOO_LARGE"},
    501: {"NOT_IMPLEMENTED"},
    503: {"CANNOT_OPEN_FILE", "CANNOT_SCHEDULE_TASK"},
}
ERROR = re.compile(r"Code: (\d+)\. DB::.*\(([A-Z0-9_]+)\)", re.DOTALL)
# Those that come from here.
CODES = {
    "NOT_IMPLEMENTED": 48,
    "UNKNOWN_SETTING": 115,
    "CANNOT_PARSE_INPUT_ASSERTION_FAILED": 27,
    "AUTHENTICATION_FAILED": 516,
    "INCORRECT_DATA": 117,
}

# http_max_field_value_size of a server as it comes, in bytes: of a parameter, or of the query beside some.
MOST_OF_A_FIELD = 128 * 1024


class Refusal(Exception):
    """An error in the engine's own form."""

    def __init__(self, name, text):
        super().__init__(f"Code: {CODES[name]}. DB::Exception: {text} ({name})")


def quoted(value):
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


class Engine:
    def __init__(self):
        self.connection = chdb.connect(FOLDER)
        self.settings = {}
        self.database = "default"
        self.lock = threading.Lock()

    def run(self, query, database, default_format, settings, parameters):
        """The answer as an open file, its format, and the figures of the summary."""
        with self.lock:
            self.settle(database, settings)
            insert = INSERT_WITH_DATA.match(query)
            if insert:
                if parameters:
                    raise Refusal("NOT_IMPLEMENTED", "An INSERT takes no parameters here.")
                form = insert.group(2).decode()
                return self.insert(insert.group(1).decode(), form, query[insert.end() :])
            return self.query(query.decode(), default_format, parameters)

    def settle(self, database, settings):
        """Settings and the database hold for one query: there is only one connection. What the last query had
        as well stays: setting takes longer than many a query."""
        for name in [name for name in self.settings if name not in settings]:
            self.connection.query(f"SET {name} = DEFAULT")
            del self.settings[name]
        for name, value in settings.items():
            if not NAME.fullmatch(name):
                raise Refusal("UNKNOWN_SETTING", f"Unknown setting '{name}'.")
            if self.settings.get(name) != value:
                self.connection.query(f"SET {name} = {quoted(value)}")
                self.settings[name] = value
        if self.database != database:
            self.connection.query(f"USE `{database.replace('`', '``')}`")
            self.database = database

    def insert(self, query, form, data):
        with self.connection.send_insert(query, form) as rows:
            for start in range(0, len(data), BLOCK):
                rows.append(data[start : start + BLOCK])
            written = rows.finish()
        figures = {"written_rows": written.rows_written, "written_bytes": written.bytes_written}
        figures["elapsed_ns"] = int(written.elapsed * 1e9)
        return tempfile.SpooledTemporaryFile(), form, figures

    def query(self, query, default_format, parameters):
        named = FORMAT_OF_QUERY.search(query)
        form = named.group(1) if named else default_format
        answer = tempfile.SpooledTemporaryFile(IN_MEMORY)
        figures = dict.fromkeys(["result_rows", "result_bytes", "read_rows", "read_bytes", "elapsed_ns"], 0)
        if READING.match(query) and form in IN_PIECES:
            pieces = self.connection.send_query(query, form, params=parameters)
        else:
            pieces = [self.connection.query(query, form, params=parameters)]
        for piece in pieces:
            answer.write(piece.bytes())
            figures["result_rows"] += piece.rows_read()
            figures["result_bytes"] += piece.bytes_read()
            figures["read_rows"] = max(figures["read_rows"], piece.storage_rows_read())
            figures["read_bytes"] = max(figures["read_bytes"], piece.storage_bytes_read())
            figures["elapsed_ns"] = max(figures["elapsed_ns"], int(piece.elapsed() * 1e9))
        answer.seek(0)
        return answer, form, figures


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = BLOCK
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        if url.path == "/ping" or not url.query:
            self.answer(200, {"Content-Type": "text/html; charset=UTF-8"}, [b"Ok.\n"])
        else:
            self.query(url, b"")

    def do_POST(self):
        try:
            body = self.body()
        except (zlib.error, ValueError) as error:
            self.close_connection = True
            return self.refuse(Refusal("CANNOT_PARSE_INPUT_ASSERTION_FAILED", f"Cannot read the body: {error}."))
        self.query(urllib.parse.urlsplit(self.path), body)

    def body(self):
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            pieces = []
            while size := int(self.rfile.readline(), 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            while self.rfile.readline().strip():  # trailers
                pass
            data = b"".join(pieces)
        else:
            data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        encoding = self.headers.get("Content-Encoding")
        if encoding == "gzip":
            return zlib.decompress(data, wbits=31)
        if encoding:
            raise ValueError(f"content encoding {encoding}")
        return data

    def query(self, url, body):
        given = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        try:
            if self.headers.get_content_type() == "multipart/form-data":
                given |= self.form(body)
                body = b""
            self.check_password(given)
            settings = {}
            for name, value in given.items():
                if name in REFUSED and value != "0":
                    raise Refusal("NOT_IMPLEMENTED", f"The parameter {name} is not implemented here.")
                if not (name in NO_SETTINGS | REFUSED or name.startswith("param_")):
                    settings[name] = value
            text = given.get("query", "").encode()
            answer, form, figures = ENGINE.run(
                b"\n".join(filter(None, [text, body])),
                given.get("database") or "default",
                given.get("default_format") or "TabSeparated",
                settings,
                {name[len("param_") :]: value for name, value in given.items() if name.startswith("param_")},
            )
        except Exception as error:  # the engine's errors have no class of their own
            return self.refuse(error, given.get("query_id"))
        headers = {
            "Content-Type": "application/octet-stream",
            "X-ClickHouse-Format": form,
            "X-ClickHouse-Query-Id": given.get("query_id") or str(uuid.uuid4()),
            "X-ClickHouse-Summary": json.dumps({name: str(value) for name, value in figures.items()}),
        }
        is_gzip = given.get("enable_http_compression") != "0" and "gzip" in self.headers.get("Accept-Encoding", "")
        with answer:
            pieces = iter(lambda: answer.read(BLOCK), b"")
            if is_gzip:
                headers["Content-Encoding"] = "gzip"
                pieces = gzipped(pieces)
            self.answer(200, headers, pieces)

    def form(self, body):
        """The fields of a form: a client sends its parameters so where they may be long."""
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
        fields = {
            part.get_param("name", header="content-disposition"): part.get_payload(decode=True).decode()
            for part in message.iter_parts()
        }
        if any(len(value) > MOST_OF_A_FIELD for value in fields.values()):
            raise Refusal("INCORRECT_DATA", "Field value too long.")
        return fields

    def check_password(self, given):
        user, password = given.get("user", "default"), given.get("password", "")
        authorization = self.headers.get("Authorization", "")
        if authorization.startswith("Basic "):
            with contextlib.suppress(binascii.Error, UnicodeDecodeError):
                user, _, password = base64.b64decode(authorization[len("Basic ") :]).decode().partition(":")
        user = self.headers.get("X-ClickHouse-User", user)
        password = self.headers.get("X-ClickHouse-Key", password)
        if (user, password) != (USER, PASSWORD):
            text = "Authentication failed: password is incorrect, or there is no user with such name."
            raise Refusal("AUTHENTICATION_FAILED", f"{user}: {text}")

    def refuse(self, error, query_id=None):
        found = ERROR.search(str(error))
        code, name, text = found.group(1, 2, 0) if found else ("1002", "", f"Code: 1002. DB::Exception: {error!r}")
        status = next((status for status, names in STATUSES.items() if name in names), 500)
        headers = {"Content-Type": "text/plain; charset=UTF-8", "X-ClickHouse-Exception-Code": code}
        headers["X-ClickHouse-Query-Id"] = query_id or str(uuid.uuid4())
        self.answer(status, headers, [text.encode() + b"\n"])

    def answer(self, status, headers, pieces):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("X-ClickHouse-Timezone", os.environ.get("TZ", "UTC"))
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in filter(None, pieces):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")


def gzipped(pieces):
    squeeze = zlib.compressobj(level=3, wbits=31)
    for piece in pieces:
        yield squeeze.compress(piece)
    yield squeeze.flush()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


ENGINE = Engine()
SERVER = Server(("127.0.0.1", PORT), Handler)
# In a thread of its own: shutdown() waits until the loop has ended.
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=SERVER.shutdown).start())
SERVER.serve_forever()
with ENGINE.lock:
    ENGINE.connection.close()
