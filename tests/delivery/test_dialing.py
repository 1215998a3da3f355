"""The guard: nothing but public addresses is dialled, however they are written or resolved."""

import datetime as dt
import ipaddress
import ssl
from collections.abc import Sequence
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hub.dialing import Guard, Refused, WebhookSender, is_public
from tests.delivery.partner import Partner, serving
from tests.fakes import FixedClock

CLOCK = FixedClock()


def resolving(*answers: Sequence[str]) -> Guard:
    """A guard whose every look-up gives the next answer, and the last one for ever."""
    left = list(answers)

    def resolve(host: str, port: int) -> Sequence[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return Guard(resolve=resolve)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "0", "localhost",
        "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::127.0.0.1]",
        "[64:ff9b:1::10.0.0.1]", "[2002:7f00:1::]", "[2002:a9fe:a9fe::]", "[::]", "169.254.169.254",
        "[fd00:ec2::254]", "[fe80::1]", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1",
        "198.18.0.1", "224.0.0.1", "[ff02::1]", "255.255.255.255", "240.0.0.1", "0.0.0.0",
        "192.0.2.1", "[2001:db8::1]",
    ],
)  # fmt: skip
def test_addresses_that_are_not_public_are_refused(host: str) -> None:
    with pytest.raises(Refused, match=r"does not lead to a public address|cannot be resolved"):
        Guard().check(f"https://{host}/hook")
    posted = WebhookSender(Guard(), CLOCK).post(f"https://{host}/hook", {}, b"{}")
    assert posted.status is None
    assert posted.error is not None


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "8.8.8.8"])
def test_public_addresses_are_accepted(address: str) -> None:
    assert is_public(address)
    resolving([address]).check("https://partner.example/hook")


@pytest.mark.parametrize("wrapped", ["::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"])
def test_a_wrapped_public_address_is_public(wrapped: str) -> None:
    assert is_public(wrapped)


def test_one_private_address_among_public_ones_is_enough_to_refuse() -> None:
    with pytest.raises(Refused, match=r"partner\.example does not lead to a public address"):
        resolving(["8.8.8.8", "10.0.0.7"]).check("https://partner.example/")


def test_a_refusal_does_not_tell_what_a_name_resolves_to() -> None:
    with pytest.raises(Refused) as refusal:
        resolving(["10.9.8.7"]).check("https://internal.example/")
    assert "10.9.8.7" not in str(refusal.value)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://partner.example/", "begins with https://"),
        ("https://partner.example:22/", "port 22 is not allowed"),
        ("https://partner.example:0/", "not a URL"),
        ("https://partner.example:99999/", "not a URL"),
        ("https://user:word@partner.example/", "no user name"),
        ("https://partner.example\\@127.0.0.1/", "backslash"),
        ("https:///hook", "not a URL"),
        ("partner.example/hook", "not a URL"),
        ("ftp://partner.example/", "not a URL"),
        ("https://[::1/", "not a URL"),
        ("https://partner.example/a b", "visible ASCII"),
        ("https://partner.example/\r\nHost: other", "visible ASCII"),
        ("https://pärtner.example/", "visible ASCII"),
        ("https://partner.example/" + "a" * 3000, "at most 2048"),
    ],
)
def test_forms_that_are_refused(url: str, sentence: str) -> None:
    with pytest.raises(Refused, match=sentence):
        resolving(["8.8.8.8"]).check(url)


def test_a_name_that_leads_nowhere_is_refused() -> None:
    with pytest.raises(Refused, match="cannot be resolved"):
        resolving([]).check("https://partner.example/")


def test_a_name_that_changes_after_registration_is_refused_at_the_dial() -> None:
    guard = resolving(["8.8.8.8"], ["127.0.0.1"])
    guard.check("https://rebind.example/")
    posted = WebhookSender(guard, CLOCK).post("https://rebind.example/", {}, b"{}")
    assert posted.error == (
        "the host rebind.example does not lead to a public address: webhooks are sent to no other"
    )


def test_the_address_that_was_judged_is_the_one_dialled() -> None:
    """The name is looked up once per post: a second look-up would get another answer."""
    with serving(Partner()) as partner:
        port = int(partner.url.split(":")[2].split("/")[0])
        asked: list[str] = []

        def resolve(host: str, at: int) -> Sequence[str]:
            asked.append(host)
            return ["127.0.0.1"] if len(asked) == 1 else ["192.0.2.1"]

        guard = Guard(allowed=frozenset({"partner.example"}), resolve=resolve)
        posted = WebhookSender(guard, CLOCK).post(f"http://partner.example:{port}/", {}, b"{}")
    assert (posted.status, asked) == (401, ["partner.example"])


def test_the_next_address_is_dialled_when_the_first_does_not_answer() -> None:
    with serving(Partner()) as partner:
        port = int(partner.url.split(":")[2].split("/")[0])
        allowed = frozenset({"partner.example"})
        guard = Guard(allowed=allowed, resolve=lambda host, at: ["127.0.0.2", "127.0.0.1"])
        posted = WebhookSender(guard, CLOCK).post(f"http://partner.example:{port}/", {}, b"{}")
    assert posted.status == 401


def test_an_exemption_may_name_one_port() -> None:
    guard = Guard(allowed=frozenset({"127.0.0.1:8080", "[::1]:8080"}))
    guard.check("http://127.0.0.1:8080/")
    guard.check("http://[::1]:8080/")
    for url in ("http://127.0.0.1:8081/", "https://127.0.0.1/", "https://[::1]/"):
        with pytest.raises(Refused):
            guard.check(url)


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with serving(Partner()) as partner:
        guard = Guard(allowed=frozenset({"127.0.0.1"}))
        assert WebhookSender(guard, CLOCK).post(partner.url, {}, b"{}").status == 401


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for partner.example, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "partner.example")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("partner.example")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "partner.pem"
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(secret + made.public_bytes(pem))
    return path


@pytest.mark.parametrize(("host", "status"), [("partner.example", 401), ("other.example", None)])
def test_the_certificate_is_checked_against_the_name_not_the_address(
    certificate: Path, host: str, status: int | None
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=str(certificate))
    with serving(Partner(), tls=context) as partner:
        port = int(partner.url.split(":")[2].split("/")[0])
        guard = Guard(
            ports=frozenset({port}), allowed=frozenset({"127.0.0.1"}), resolve=lambda host, at: ["127.0.0.1"]
        )
        posted = WebhookSender(guard, CLOCK, tls=trusting).post(f"https://{host}:{port}/hook", {}, b"{}")
    assert posted.status == status
    assert status or "certificate verify failed" in str(posted.error)


def test_every_spelling_of_an_address_is_judged_alike() -> None:
    for number in range(0, 2**32, 2**32 // 997):
        plain = ipaddress.IPv4Address(number)
        spellings = (f"::ffff:{plain}", f"64:ff9b::{plain}", f"::{plain}")
        assert {is_public(each) for each in spellings} == {is_public(str(plain))}
