"""CPIX as others do it: lxml, cryptography and signxml, none of them ours.

    cpix.py validate FILE                       against the schema
    cpix.py keys FILE [PRIVATE_KEY]             prints KID and key in hexadecimal digits, a line each
    cpix.py seal FILE CERTIFICATE               encrypts the key values of FILE to a certificate
    cpix.py sign FILE KEY CERTIFICATE HOW [ALGORITHM DIGEST]    signs: 'document', or the id of a list
    cpix.py verify FILE CERTIFICATE             verifies the signature on the whole document
"""
import base64
import copy
import hashlib
import hmac
import os
import sys
import warnings

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from lxml import etree

NS = {
    "cpix": "urn:dashif:org:cpix",
    "pskc": "urn:ietf:params:xml:ns:keyprov:pskc",
    "enc": "http://www.w3.org/2001/04/xmlenc#",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
}
SCHEMA = os.path.join(os.path.dirname(__file__), "..", "Schemas", "cpix", "cpix.xsd")
OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)


def read(path):
    return etree.parse(path).getroot()


def write(root):
    sys.stdout.buffer.write(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def value(element, path):
    return base64.b64decode(element.find(path, NS).text)


def tag(name):
    prefix, local = name.split(":")
    return "{%s}%s" % (NS[prefix], local)


def keys(root, private_key=None):
    result = []
    document_key = mac_key = None
    if private_key:
        with open(private_key, "rb") as file:
            holder = serialization.load_pem_private_key(file.read(), None)
        delivery = root.find("cpix:DeliveryDataList/cpix:DeliveryData", NS)
        cipher = "enc:CipherData/enc:CipherValue"
        document_key = holder.decrypt(
            value(delivery, "cpix:DocumentKey/cpix:Data/pskc:Secret/pskc:EncryptedValue/" + cipher), OAEP)
        mac_key = holder.decrypt(value(delivery, "cpix:MACMethod/pskc:MACKey/" + cipher), OAEP)
    for key in root.iterfind("cpix:ContentKeyList/cpix:ContentKey", NS):
        plain = key.find("cpix:Data/pskc:Secret/pskc:PlainValue", NS)
        if plain is not None:
            result.append((key.get("kid"), base64.b64decode(plain.text)))
            continue
        secret = key.find("cpix:Data/pskc:Secret", NS)
        sealed = value(secret, "pskc:EncryptedValue/enc:CipherData/enc:CipherValue")
        code = hmac.new(mac_key, sealed, hashlib.sha512).digest()
        assert hmac.compare_digest(code, value(secret, "pskc:ValueMAC")), "MAC"
        opener = Cipher(algorithms.AES(document_key), modes.CBC(sealed[:16])).decryptor()
        padded = opener.update(sealed[16:]) + opener.finalize()
        result.append((key.get("kid"), padded[: -padded[-1]]))
    return result


def sub(parent, name, text=None, **attributes):
    element = etree.SubElement(parent, tag(name), **attributes)
    if text is not None:
        element.text = base64.b64encode(text).decode() if isinstance(text, bytes) else text
    return element


def encrypted(parent, name, algorithm, sealed):
    element = sub(parent, name)
    sub(element, "enc:EncryptionMethod", Algorithm=NS["enc"] + algorithm)
    sub(sub(element, "enc:CipherData"), "enc:CipherValue", sealed)
    return element


def seal(root, certificate_path):
    with open(certificate_path, "rb") as file:
        certificate = x509.load_pem_x509_certificate(file.read())
    document_key, mac_key = os.urandom(32), os.urandom(64)
    public = certificate.public_key()
    deliveries = etree.Element(tag("cpix:DeliveryDataList"), nsmap={k: v for k, v in NS.items()})
    delivery = sub(deliveries, "cpix:DeliveryData")
    data = sub(sub(delivery, "cpix:DeliveryKey"), "ds:X509Data")
    sub(data, "ds:X509Certificate", certificate.public_bytes(serialization.Encoding.DER))
    secret = sub(sub(sub(delivery, "cpix:DocumentKey"), "cpix:Data"), "pskc:Secret")
    encrypted(secret, "pskc:EncryptedValue", "rsa-oaep-mgf1p", public.encrypt(document_key, OAEP))
    method = sub(delivery, "cpix:MACMethod", Algorithm="http://www.w3.org/2001/04/xmldsig-more#hmac-sha512")
    encrypted(method, "pskc:MACKey", "rsa-oaep-mgf1p", public.encrypt(mac_key, OAEP))
    root.insert(0, deliveries)
    for secret in root.iterfind("cpix:ContentKeyList/cpix:ContentKey/cpix:Data/pskc:Secret", NS):
        plain = secret.find("pskc:PlainValue", NS)
        key = base64.b64decode(plain.text)
        secret.remove(plain)
        pad = 16 - len(key) % 16
        vector = os.urandom(16)
        sealer = Cipher(algorithms.AES(document_key), modes.CBC(vector)).encryptor()
        # Only the last byte of the padding has a meaning.
        sealed = vector + sealer.update(key + os.urandom(pad - 1) + bytes([pad])) + sealer.finalize()
        encrypted(secret, "pskc:EncryptedValue", "aes256-cbc", sealed)
        sub(secret, "pskc:ValueMAC", hmac.new(mac_key, sealed, hashlib.sha512).digest())


def sign(root, key_path, certificate_path, how, algorithm="rsa-sha512", digest="sha512"):
    from signxml import XMLSigner, methods

    class Signer(XMLSigner):
        def check_deprecated_methods(self):
            """SHA-1 too: tests show that it is refused."""

    exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#"
    inclusive = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
    signer = Signer(
        method=methods.enveloped, signature_algorithm=algorithm, digest_algorithm=digest,
        c14n_algorithm=inclusive if how == "document" else exclusive)
    with open(key_path, "rb") as key, open(certificate_path, "rb") as certificate:
        return signer.sign(
            root, key=key.read(), cert=certificate.read().decode(),
            reference_uri=None if how == "document" else "#" + how)


def verify(root, certificate_path):
    from signxml import XMLVerifier

    with open(certificate_path) as certificate:
        XMLVerifier().verify(root, x509_cert=certificate.read())


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    verb, path, rest = sys.argv[1], sys.argv[2], sys.argv[3:]
    root = read(path)
    if verb == "validate":
        etree.XMLSchema(etree.parse(SCHEMA)).assertValid(root)
    elif verb == "keys":
        for kid, key in keys(root, *rest):
            print(kid, key.hex())
    elif verb == "seal":
        seal(root, *rest)
        write(root)
    elif verb == "sign":
        write(sign(root, *rest))
    elif verb == "verify":
        verify(root, *rest)
