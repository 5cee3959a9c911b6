"""Who is a machine, and whose word on a sender is believed."""

from email import message_from_bytes, policy

import pytest

from mail.signs import is_no_reply, said_of_sender, sign_of_machine
from tests.mail.messages import lines

OURS = {"hola@quince.example"}


def sign(*headers: str, sender: str = "ana@example.com") -> str:
    message = message_from_bytes(lines(*headers, "", "Hola"), policy=policy.compat32)
    return sign_of_machine(message, sender=sender, ours=OURS)


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "auto-submitted: Auto-Replied (vacation)",
        "AUTO-SUBMITTED: auto-generated; owner-email=x@example.com",
        "X-Auto-Response-Suppress: DR, OOF, AutoReply",
        "x-auto-response-suppress: All",
        "Precedence: Bulk",
        "Precedence: auto_reply",
        "X-Autoreply: yes",
        "X-Autorespond: vacation",
        "Return-Path: <>",
        'Content-Type: multipart/report; report-type="delivery-status"; boundary=b',
    ],
)
def test_a_machine_is_known_by_one_sign(header):
    assert sign(header) != ""


@pytest.mark.parametrize("sender", ["mailer-daemon@example.com", "hola@quince.example"])
def test_a_machine_is_known_by_its_address(sender):
    assert sign(sender=sender) != ""


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: no",
        "Auto-Submitted: No; because=human",
        "List-Id: <grupo.example.com>",
        "Precedence: list",
        "X-Auto-Response-Suppress: DR, RN, NRN",
        "Return-Path: <ana@example.com>",
        "X-Autoreply: no",
        "Content-Type: multipart/mixed; boundary=b",
    ],
)
def test_a_person_is_not_taken_for_a_machine(header):
    assert sign(header) == ""


def test_only_the_return_path_on_top_is_our_servers():
    assert sign("Return-Path: <ana@example.com>", "Return-Path: <>") == ""


@pytest.mark.parametrize(
    ("address", "reads"),
    [
        ("no-reply@example.com", False),
        ("noreply@example.com", False),
        ("do_not_reply@example.com", False),
        ("DoNotReply+15@example.com", False),
        ("avisos.no-responder@example.com", False),
        ("non-rispondere@example.com", False),
        ("nonrispondere@example.com", False),
        ("no-contestar@example.com", False),
        ("noconteste@example.com", False),
        ("ana@noreply.example.com", True),
        ("nonna.contesta@example.com", True),
        ("tirano.reply@example.com", True),
    ],
)
def test_an_address_says_itself_that_nobody_reads_it(address, reads):
    assert is_no_reply(address) is not reads


def dmarc(*headers: str, authserv_id: str = "mx.quince.example") -> str:
    message = message_from_bytes(lines(*headers, "", "Hola"), policy=policy.compat32)
    return said_of_sender(message, authserv_id=authserv_id, sender="ana@example.com")


def test_only_our_own_servers_word_is_believed():
    passed = "Authentication-Results: mx.quince.example; dkim=pass; dmarc=pass header.from=example.com"
    failed = (
        "Authentication-Results: MX.quince.example 1; spf=pass; DMARC=Fail (p=none) header.from=example.com"
    )
    forged = "Authentication-Results: mx.evil.example; dmarc=pass header.from=example.com"
    assert (dmarc(passed), dmarc(failed), dmarc(forged)) == ("passed", "failed", "not_said")
    assert dmarc(forged.replace("mx.evil.example", "mx.quince.example.evil.example")) == "not_said"
    assert dmarc(passed, authserv_id="") == "not_said"
    assert dmarc("X: y") == "not_said"


def test_of_several_the_one_on_top_is_ours():
    passed = "Authentication-Results: mx.quince.example; dmarc=pass header.from=example.com"
    failed = "Authentication-Results: mx.quince.example; dmarc=fail header.from=example.com"
    dkim = "Authentication-Results: mx.quince.example; dkim=pass"
    assert dmarc(failed, passed) == "failed"
    assert dmarc(dkim, failed, passed) == "failed"


def test_a_result_of_another_sender_is_none_of_this_one():
    assert dmarc("Authentication-Results: mx.quince.example; dmarc=pass header.from=evil.example") == "failed"


def test_a_domain_without_a_policy_is_neither_certain_nor_false():
    assert (
        dmarc("Authentication-Results: mx.quince.example; dmarc=none header.from=example.com") == "not_said"
    )


PASS = "dmarc=pass header.from=example.com"


@pytest.mark.parametrize(
    "said",
    [
        f"spf=fail (x; {PASS})",
        f"spf=fail (x (y) ; {PASS} (z))",
        f'spf=fail reason="x; {PASS}"',
        f'spf=fail reason="x \\"; {PASS}"',
        f'spf=pass smtp.mailfrom="x; {PASS} y"@evil.example; dmarc=none header.from=example.com',
        f'spf=pass (domain of "a) ; {PASS} ("@evil.example) x; dmarc=none',
        f'spf=pass smtp.mailfrom="x; {PASS}',
        f"spf=pass (x; {PASS}",
    ],
)
def test_a_result_in_a_comment_or_a_reason_is_none(said):
    assert dmarc(f"Authentication-Results: mx.quince.example; {said}") == "not_said"
    # Our server says that it failed: what the sender wrote before takes nothing away.
    assert (
        dmarc(f"Authentication-Results: mx.quince.example; {said}; dmarc=fail header.from=example.com")
        == "failed"
    )


def test_of_two_results_in_one_header_the_worse_holds():
    for one, other, expected in [
        ("dmarc=pass", "dmarc=fail", "failed"),
        ("dmarc=pass", "dmarc=none", "not_said"),
        ("dmarc=pass", "dmarc=pass header.from=evil.example", "failed"),
        ("dmarc=pass", PASS, "passed"),
    ]:
        for said in (f"{one}; {other}", f"{other}; {one}"):
            assert dmarc(f"Authentication-Results: mx.quince.example; {said}") == expected


@pytest.mark.parametrize(("domain", "expected"), [("example.com", "passed"), ("evil.example", "failed")])
def test_a_domain_may_stand_in_quotes(domain, expected):
    said = f'Authentication-Results: mx.quince.example; dmarc=pass (p=none) header.from="{domain}"'
    assert dmarc(said) == expected
