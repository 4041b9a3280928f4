#!/usr/bin/env python3
"""Recomputes the golden bytes of net_frame_test.cpp from the wire rules of Protobuf, without any library."""


def varint(n):
    out = b""
    while True:
        out += bytes([(n & 127) | (128 if n > 127 else 0)])
        n >>= 7
        if n == 0:
            return out


def part(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def number(field, value):
    return varint(field << 3) + varint(value)


def frame(kind, content):
    body = part(kind, content)
    return (len(body).to_bytes(4, "big") + body).hex()


hello = part(1, b"\xc1" * 32) + number(2, 1) + number(3, 7) + part(4, b"\1\2\3") + part(5, b"\x11" * 16)
print("hello", frame(1, hello + part(6, b"testamur 0.1")))
print("consensus", frame(2, b"\xaa\xbb"))
print("transactions", frame(3, part(1, b"\1") + part(1, b"\2\3")))
print("request", frame(4, number(1, 300) + number(2, 16)))
blocks = part(2, part(1, b"H") + part(2, b"B") + part(3, b"C")) + part(2, part(1, b"h"))
print("response", frame(5, number(1, 300) + blocks + number(3, 301)))
print("ping", frame(6, number(1, 5)))
print("pong", frame(7, number(1, 5)))
print("goodbye", frame(8, number(1, 3) + part(2, b"dup")))
