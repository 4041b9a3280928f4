"""Reads the headers of an answer: HPACK (RFC 7541) without Huffman codes, which gRPC's servers do not use for the status."""

STATIC = [(":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"), (":scheme", "http"),
          (":scheme", "https"), (":status", "200"), (":status", "204"), (":status", "206"), (":status", "304"), (":status", "400"),
          (":status", "404"), (":status", "500"), ("accept-charset", ""), ("accept-encoding", "gzip, deflate"),
          ("accept-language", ""), ("accept-ranges", ""), ("accept", ""), ("access-control-allow-origin", ""), ("age", ""),
          ("allow", ""), ("authorization", ""), ("cache-control", ""), ("content-disposition", ""), ("content-encoding", ""),
          ("content-language", ""), ("content-length", ""), ("content-location", ""), ("content-range", ""), ("content-type", ""),
          ("cookie", ""), ("date", ""), ("etag", ""), ("expect", ""), ("expires", ""), ("from", ""), ("host", ""), ("if-match", ""),
          ("if-modified-since", ""), ("if-none-match", ""), ("if-range", ""), ("if-unmodified-since", ""), ("last-modified", ""),
          ("link", ""), ("location", ""), ("max-forwards", ""), ("proxy-authenticate", ""), ("proxy-authorization", ""), ("range", ""),
          ("referer", ""), ("refresh", ""), ("retry-after", ""), ("server", ""), ("set-cookie", ""), ("strict-transport-security", ""),
          ("transfer-encoding", ""), ("user-agent", ""), ("vary", ""), ("via", ""), ("www-authenticate", "")]


class Decoder:
    """Of one connection: the table grows with what was read before."""

    def __init__(self):
        self.dynamic = []
        self.size = 0
        self.limit = 4096

    def entry(self, index):
        return STATIC[index - 1] if index <= len(STATIC) else self.dynamic[index - len(STATIC) - 1]

    def add(self, pair):
        self.dynamic.insert(0, pair)
        self.size += sum(map(len, pair)) + 32
        self.shrink()

    def shrink(self):
        while self.size > self.limit:
            self.size -= sum(map(len, self.dynamic.pop())) + 32

    def decode(self, data):
        headers = []
        at = 0
        while at < len(data):
            first = data[at]
            if first & 0x80:
                index, at = number(data, at, 7)
                headers.append(self.entry(index))
                continue
            if first & 0xE0 == 0x20:
                self.limit, at = number(data, at, 5)
                self.shrink()
                continue
            kept = first & 0x40
            index, at = number(data, at, 6 if kept else 4)
            if index:
                name = self.entry(index)[0]
            else:
                name, at = text(data, at)
            value, at = text(data, at)
            headers.append((name, value))
            if kept:
                self.add((name, value))
        return headers


def number(data, at, bits):
    value = data[at] & ((1 << bits) - 1)
    at += 1
    if value < (1 << bits) - 1:
        return value, at
    shift = 0
    while True:
        byte = data[at]
        at += 1
        value += (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def text(data, at):
    coded = data[at] & 0x80
    length, at = number(data, at, 7)
    raw = data[at:at + length]
    # A Huffman code takes a place in the table all the same: as long as its text is not known, about so long.
    return ("?" * (length * 8 // 6) if coded else raw.decode("latin-1")), at + length
