#!/usr/bin/python3
"""read_mail.py FILE: a mail as Python's own reader understands it, as JSON: its headers in order, text (with the soft line
breaks of format=flowed joined), html, and every defect that the reader has seen."""
import email
import email.policy
import json
import sys


def joined(text):
    """RFC 3676, section 4: a line that ends in a space goes on; one leading space is stuffing."""
    out, going = [], False
    for line in text.splitlines():
        line = line[1:] if line.startswith(" ") else line
        if going:
            out[-1] += line
        else:
            out.append(line)
        going = line.endswith(" ") and line != "-- "
    return "\n".join(out) + "\n"


def main():
    with open(sys.argv[1], "rb") as file:
        raw = file.read()
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    defects = [str(d) for part in mail.walk() for d in part.defects]
    defects += [str(d) for part in mail.walk() for value in part.values() for d in getattr(value, "defects", [])]
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    flowed = plain.get_param("format") == "flowed"
    json.dump({
        "names": list(mail.keys()),
        "headers": {name: str(value) for name, value in mail.items()},
        "from": [mail["From"].addresses[0].display_name, mail["From"].addresses[0].addr_spec],
        "to": [a.addr_spec for a in mail["To"].addresses],
        "types": [part.get_content_type() for part in mail.walk()],
        "flowed": flowed,
        "text": joined(plain.get_content()) if flowed else plain.get_content(),
        "html": html.get_content() if html else "",
        "defects": defects,
        "longest": max(len(line) for line in raw.split(b"\r\n")),
        "bare": raw.replace(b"\r\n", b"").count(b"\n") + raw.replace(b"\r\n", b"").count(b"\r"),
        "ascii": raw.isascii(),
    }, sys.stdout)


main()
