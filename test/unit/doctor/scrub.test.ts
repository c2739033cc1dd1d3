import { expect, it } from "vitest";
import { secret } from "../../../src/core/secret.ts";
import { publishReport, scrubReport } from "../../../src/doctor/scrub.ts";

const of = (detail: string) => ({
  groups: [
    {
      id: "login",
      title: "Login",
      result: "fail",
      headline: detail,
      checks: [{ id: "x", title: "x", result: "fail", detail, fixes: [detail] }],
    },
  ] as const,
});

it.each([
  {
    name: "a secret, wherever it is",
    text: "got token=s3cr3t-value!",
    is: "got token=[secret]!",
  },
  {
    name: "an e-mail address",
    text: 'emails="bob@example.com,alice+x@mail.example.org"',
    is: 'emails="(an e-mail address),(an e-mail address)"',
  },
])("$name is not shown in a report", ({ text, is }) => {
  expect(scrubReport(of(text), [secret("s3cr3t-value")])).toEqual(of(is));
});

it.each([
  { text: "a record A 203.0.113.7 is there", is: "a record A (an address) is there" },
  { text: "at http://203.0.113.7:8080/x", is: "at http://(an address):8080/x" },
  { text: "AAAA 2001:db8::17 is there", is: "AAAA (an address) is there" },
  {
    text: "at http://192.168.1.7:9000 and 127.0.0.1:80 and ::1",
    is: "at http://192.168.1.7:9000 and 127.0.0.1:80 and ::1",
  },
  {
    text: "cloudflared 2026.8.2 at 10:42:05, engine 29.1.0, fd00::1",
    is: "cloudflared 2026.8.2 at 10:42:05, engine 29.1.0, fd00::1",
  },
])("a report omits public addresses and keeps everything else: $text", ({ text, is }) => {
  expect(publishReport(of(text), [])).toEqual(of(is));
  expect(scrubReport(of(text), [])).toEqual(of(text));
});
