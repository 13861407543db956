"""An encryptor that asks for keys by SPEKE 2.0, written with lxml and cryptography and nothing of ours.

    speke.py URL TOKEN CONTENT_ID SCHEME RULE=KID… [--system ID] [--certificate CERT KEY] [--version V] [--raw]

Prints a JSON document: status, headers, and for each KID its key, IV and what the systems say.
"""
import argparse
import base64
import json
import os
import ssl
import sys
import tempfile
import urllib.error
import urllib.request

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from lxml import etree

sys.path.insert(0, os.path.dirname(__file__))
import cpix  # noqa: E402

FILTERS = {
    "ALL": [("VideoFilter", {}), ("AudioFilter", {})],
    "AUDIO": [("AudioFilter", {})],
    "VIDEO": [("VideoFilter", {})],
    "SD": [("VideoFilter", {"maxPixels": "589824"})],
    "HD": [("VideoFilter", {"minPixels": "589825", "maxPixels": "2073600"})],
    "UHD": [("VideoFilter", {"minPixels": "2073601"})],
}


def request(options):
    root = etree.Element(cpix.tag("cpix:CPIX"), nsmap=cpix.NS, contentId=options.content)
    if options.version:
        root.set("version", {"2.0": "2.3", "2.1": "2.4"}.get(options.version, options.version))
    if options.certificate:
        with open(options.certificate[0], "rb") as file:
            der = x509.load_pem_x509_certificate(file.read()).public_bytes(serialization.Encoding.DER)
        delivery = cpix.sub(cpix.sub(root, "cpix:DeliveryDataList"), "cpix:DeliveryData")
        data = cpix.sub(cpix.sub(delivery, "cpix:DeliveryKey"), "ds:X509Data")
        cpix.sub(data, "ds:X509Certificate", der)
    keys = cpix.sub(root, "cpix:ContentKeyList")
    systems = etree.Element(cpix.tag("cpix:DRMSystemList"))
    rules = etree.Element(cpix.tag("cpix:ContentKeyUsageRuleList"))
    for rule in options.rules:
        name, kid = rule.split("=")
        cpix.sub(keys, "cpix:ContentKey", kid=kid, commonEncryptionScheme=options.scheme)
        for system in options.system:
            entry = cpix.sub(systems, "cpix:DRMSystem", kid=kid, systemId=system)
            for element in ["PSSH", "ContentProtectionData"]:
                cpix.sub(entry, "cpix:" + element)
            for playlist in ["media", "master"]:
                cpix.sub(entry, "cpix:HLSSignalingData", playlist=playlist)
        usage = cpix.sub(rules, "cpix:ContentKeyUsageRule", kid=kid, intendedTrackType=name)
        for filter, attributes in FILTERS[name]:
            cpix.sub(usage, "cpix:" + filter, **attributes)
    if options.system:
        root.append(systems)
    root.append(rules)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def ask(options, body):
    headers = {"Content-Type": "application/xml", "X-Speke-User-Agent": "test"}
    if options.token:
        headers["Authorization"] = "Bearer " + options.token
    if options.version:
        headers["X-Speke-Version"] = options.version
    context = ssl.create_default_context(cafile=options.ca) if options.ca else None
    try:
        with urllib.request.urlopen(
                urllib.request.Request(options.url, body, headers), timeout=30, context=context) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def text(element, path):
    found = element.find(path, cpix.NS)
    return None if found is None else base64.b64decode(found.text or "").decode("latin-1")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name in ["url", "token", "content", "scheme"]:
        parser.add_argument(name)
    parser.add_argument("rules", nargs="+")
    parser.add_argument("--system", action="append", default=[])
    parser.add_argument("--certificate", nargs=2)
    parser.add_argument("--version")
    parser.add_argument("--ca")
    parser.add_argument("--validate", action="store_true")
    options = parser.parse_args()
    status, headers, body = ask(options, request(options))
    result = {"status": status, "headers": {name.lower(): value for name, value in headers.items()}}
    if status != 200:
        result["problem"] = json.loads(body)
    else:
        root = etree.fromstring(body)
        if options.validate:
            etree.XMLSchema(etree.parse(cpix.SCHEMA)).assertValid(root)
        values = dict(cpix.keys(root, options.certificate[1] if options.certificate else None))
        result["clear"] = root.find(".//pskc:PlainValue", cpix.NS) is not None
        result["contentId"] = root.get("contentId")
        result["keys"] = {}
        for key in root.iterfind("cpix:ContentKeyList/cpix:ContentKey", cpix.NS):
            kid = key.get("kid")
            result["keys"][kid] = {
                "key": values[kid].hex(),
                "iv": base64.b64decode(key.get("explicitIV")).hex() if key.get("explicitIV") else None,
                "systems": {
                    entry.get("systemId"): {
                        "pssh": base64.b64encode((text(entry, "cpix:PSSH") or "").encode("latin-1")).decode(),
                        "protection": text(entry, "cpix:ContentProtectionData"),
                        "media": text(entry, "cpix:HLSSignalingData[@playlist='media']"),
                        "master": text(entry, "cpix:HLSSignalingData[@playlist='master']"),
                    }
                    for entry in root.iterfind("cpix:DRMSystemList/cpix:DRMSystem", cpix.NS)
                    if entry.get("kid") == kid
                },
            }
    json.dump(result, sys.stdout, indent=2)
    print()
