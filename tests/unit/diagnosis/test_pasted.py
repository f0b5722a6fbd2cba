"""Bounces, log lines, NDRs, exceptions and mail in other languages, as people paste them."""

from __future__ import annotations

import pytest

from helpers import diagnose

# ruff: noqa: E501

DSN = """\
Return-Path: <>
Received: from mail.example.org (mail.example.org [192.0.2.1])
\tby mx.example.com (Postfix) with ESMTP id 2755E408D6
\tfor <alice@example.com>; Sat, 15 Jul 2017 04:07:02 +0000 (UTC)
From: MAILER-DAEMON@example.org (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="73F435F484.1500091253/mail.example.org"

This is the mail system at host mail.example.org.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

<zoe@example.com>: host mx.example.com[192.0.2.9] said: 554 5.7.1 <zoe@example.com>:
    Relay access denied (in reply to RCPT TO command)

--73F435F484.1500091253/mail.example.org
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org
X-Postfix-Queue-ID: 73F435F484
Arrival-Date: Sat, 15 Jul 2017 04:00:53 +0000 (UTC)

Final-Recipient: rfc822; zoe@example.com
Action: failed
Status: 5.7.1
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; 554 5.7.1 <zoe@example.com>: Relay access
    denied
"""

PASTED: list[tuple[str, str | None, str | None]] = [
    (DSN, "relay-denied", "RCPT"),
    ("x-filler\n" * 3000 + "\n" + DSN, "relay-denied", "RCPT"),
    (
        "2026-11-23 10:11:12 1abcDE-000123-AB ** zoe@example.com R=dnslookup T=remote_smtp H=mx.example.com [192.0.2.9]: SMTP error from remote mail server after RCPT TO:<zoe@example.com>: 550 5.1.1 <zoe@example.com> User unknown",
        "mailbox-unknown",
        "RCPT",
    ),
    (
        "Nov 23 10:00:00 mail sm-mta[1234]: 4AN9xyz: to=<zoe@example.com>, delay=00:00:01, xdelay=00:00:01, mailer=esmtp, pri=120345, relay=mx.example.com. [192.0.2.9], dsn=5.1.1, stat=User unknown",
        "mailbox-unknown",
        None,
    ),
    (
        "Nov 23 10:00:00 mail postfix/smtp[123]: ABC: to=<z@example.com>, relay=none, delay=30, delays=0.01/0/30/0, dsn=4.4.1, status=deferred (connect to mx.example.com[192.0.2.9]:25: Connection timed out)",
        "timeout",
        None,
    ),
    (
        "Nov 23 10:00:00 mail postfix/smtpd[123]: NOQUEUE: reject: RCPT from unknown[192.0.2.7]: 554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org; from=<a@b.example> to=<c@d.example> proto=ESMTP helo=<x>",
        "ip-blocklisted",
        "RCPT",
    ),
    (
        "Delivery has failed to these recipients or groups:\n\nzoe@example.com\nYour message is too large to send.\n\nDiagnostic information for administrators:\n\nGenerating server: EX01.example.com\n\nzoe@example.com\n#550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient ##\n\nOriginal message headers:\nReceived: from x by y",
        "message-too-big",
        None,
    ),
    ("Remote Server returned '554 5.7.1 &lt;zoe@example.com&gt;: Relay access denied'", "relay-denied", None),
    (
        "&lt;zoe@example.com&gt;: host mx said: 550&nbsp;5.1.1 &amp;lt;zoe@example.com&amp;gt;: Recipient address rejected: User unknown (in reply to RCPT TO command)",
        "mailbox-unknown",
        "RCPT",
    ),
    (
        "<p>The response from the remote server was:<br><pre>550 5.1.1 The email account that you tried to reach does not exist.</pre></p>",
        "mailbox-unknown",
        None,
    ),
    (
        "Diagnostic-Code: smtp; 552 5.2.2 The email account that you tried to r=\neach is over quota. Please direct the recipient to https://support.google.com/m=\nail/?p=3DOverQuotaPerm",
        "mailbox-full",
        None,
    ),
    (
        "** Address not found **\n\nYour message wasn't delivered to zoe@example.com because the address couldn't be found, or is unable to receive mail.\n\nThe response was:\n\n550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking",
        "mailbox-unknown",
        None,
    ),
    (
        "com.sun.mail.smtp.SMTPSendFailedException: 530 5.7.0 Authentication required\n\tat com.sun.mail.smtp.SMTPTransport.issueSendCommand(SMTPTransport.java:2108)\n\tat x.y(Z.java:501)",
        "auth-required",
        None,
    ),
    (
        "2026/11/23 10:00:00 535 5.7.8 Username and Password not accepted. For more information, go to",
        "bad-credentials",
        "AUTH",
    ),
    (
        "Error: Message failed: 554 5.7.1 Spam message rejected\n    at SMTPConnection._formatError (/app/node_modules/nodemailer/lib/smtp-connection/index.js:605:19) {\n  code: 'EMESSAGE',\n  response: '554 5.7.1 Spam message rejected',\n  responseCode: 554,\n  command: 'DATA'\n}",
        "spam-content",
        None,
    ),
    (
        "2026-11-23 10:18:28 SMTP ERROR: RCPT TO command failed: 550 5.1.1 No such user\nSMTP Error: The following recipients failed: zoe@example.com: No such user",
        "mailbox-unknown",
        "RCPT",
    ),
    (
        "Traceback (most recent call last):\n  File \"/usr/lib/python3.11/smtplib.py\", line 554, in x\n  File \"a.py\", line 450, in y\nsmtplib.SMTPRecipientsRefused: {'zoe@example.com': (550, b'5.1.1 <zoe@example.com>: Recipient address rejected: User unknown')}",
        "mailbox-unknown",
        "RCPT",
    ),
    ("Benutzer hat das Speichervolumen ueberschritten", "mailbox-full", None),
    ("550 Der Empfänger existiert nicht", "mailbox-unknown", None),
    ("550 5.1.1 Utilisateur inconnu / l'adresse n'existe pas", "mailbox-unknown", None),
    ("550 用户不存在", "mailbox-unknown", None),
    ("550 收件人邮箱空间已满", "mailbox-full", None),
    ("> 550 5.1.1 no such user here", "mailbox-unknown", None),
    (
        "550-5.7.26 Unauthenticated email from example.com is not accepted due to domain's 550-5.7.26 DMARC policy. Please contact the administrator of example.com 550 5.7.26 domain if this was a legitimate mail.",
        "dmarc-fail",
        None,
    ),
    ("b'550 5.1.1 no such user\\r\\n'", "mailbox-unknown", None),
    ("", None, None),
    ("\x00\x01\x02", None, None),
    ("250 ok", None, None),
    ("hello world 550 cats", None, None),
    ("12345", None, None),
]


@pytest.mark.parametrize(("pasted", "cause", "phase"), PASTED, ids=[f"{n}-{row[1]}" for n, row in enumerate(PASTED)])
def test_what_people_paste(pasted: str, cause: str | None, phase: str | None) -> None:
    found = diagnose(pasted)
    assert found.cause == cause
    if phase:
        assert found.phase == phase


def test_the_reply_is_cut_out_of_a_bounce() -> None:
    assert diagnose(DSN).reply == "554 5.7.1 <zoe@example.com>: Relay access denied"


def test_a_session_that_broke_after_a_good_reply_is_no_success() -> None:
    found = diagnose("250 2.1.0 Ok\nsmtplib.SMTPServerDisconnected: Connection unexpectedly closed")
    assert (found.cause, found.refused) == ("service-unavailable", True)


def test_a_number_in_a_log_is_no_code() -> None:
    line = "Nov 23 10:00:00 mail postfix/smtpd[501]: 450AB: size=550, client=mail.example.com[192.0.2.7]: 554 5.7.1 spam detected"
    assert diagnose(line).reply
    assert diagnose(line).cause == "spam-content"
