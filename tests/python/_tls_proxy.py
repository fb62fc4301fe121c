"""A proxy with TLS on this machine, before a server without it, and the certificates of both ends."""

import datetime
import ipaddress
import socket
import ssl
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


def certificates(folder):
    """Writes the certificate of an authority, and key and certificate of a server that it issued."""
    now = datetime.datetime.now(datetime.timezone.utc)
    day = datetime.timedelta(days=1)

    def build(name, key, issuer, signer, extensions):
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).not_valid_before(now - day).not_valid_after(now + day)
        for extension, is_critical in extensions:
            builder = builder.add_extension(extension, is_critical)
        return builder.sign(signer, hashes.SHA256())

    def named(text):
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])

    authority_key, server_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    authority_name = named("Authority of the check")
    basic = (x509.BasicConstraints(ca=True, path_length=None), True)
    authority = build(authority_name, authority_key, authority_name, authority_key, [basic])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    alternative = (x509.SubjectAlternativeName(names), False)
    server = build(named("localhost"), server_key, authority_name, authority_key, [alternative])
    pem = serialization.Encoding.PEM
    (folder / "ca.pem").write_bytes(authority.public_bytes(pem))
    key = server_key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server.pem").write_bytes(key + server.public_bytes(pem))


class Proxy:
    """Passes bytes on. After `bytes_left` bytes of answers it cuts every connection, until the number is set again."""

    def __init__(self, folder, target):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(folder / "server.pem")
        self.target = target
        self.bytes_left = None
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        try:
            with client, self.context.wrap_socket(client, server_side=True) as inside:
                with socket.create_connection(("127.0.0.1", self.target)) as outside:
                    threading.Thread(target=self.copy_request, args=(inside, outside), daemon=True).start()
                    try:
                        self.copy_answer(inside, outside)
                    finally:
                        # The other thread still reads both sockets, and a close alone would wait for it.
                        inside.shutdown(socket.SHUT_RDWR)
                        outside.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def copy_answer(self, inside, outside):
        while block := outside.recv(65536):
            if self.bytes_left is not None:
                block = block[: self.bytes_left]
                self.bytes_left -= len(block)
            inside.sendall(block)
            if self.bytes_left == 0:
                return

    @staticmethod
    def copy_request(inside, outside):
        try:
            while block := inside.recv(65536):
                outside.sendall(block)
        except OSError:
            pass
