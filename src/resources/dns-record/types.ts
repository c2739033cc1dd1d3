import type { Hostname } from "../../core/domain/hostname.ts";
import type { Mine } from "../contract/owned.ts";

export interface ObservedDnsRecords {
  /** Those that may be used. */
  readonly zones: readonly Zone[];
  /** Names of the zones that the token sees and CFAUTH_ZONES leaves out: their hostnames do not belong to a parent zone. */
  readonly excludedZones: readonly string[];
  readonly mine: ReadonlyMap<Hostname, Mine<DnsRecord>>;
  /** Address records (A, AAAA, CNAME, NS) of others, by name. */
  readonly theirs: ReadonlyMap<string, readonly [ForeignRecord, ...ForeignRecord[]]>;
}

export interface Zone {
  readonly id: string;
  readonly name: string;
}

export interface DnsRecord {
  readonly id: string;
  readonly zone: string;
  readonly name: Hostname;
  readonly type: string;
  readonly content: string;
  readonly proxied: boolean;
}

export interface ForeignRecord {
  readonly id: string;
  readonly zone: string;
  readonly type: string;
  readonly content: string;
}

/** What a record of ours must be: a proxied CNAME to the tunnel. */
export interface DesiredRecord {
  readonly zone: string;
  readonly name: Hostname;
  readonly content: string;
  readonly comment: string;
}

export type DnsRecordChange =
  | {
      readonly kind: "dns";
      readonly action: "create";
      readonly key: string;
      readonly subject: string;
      readonly desired: DesiredRecord;
    }
  | {
      readonly kind: "dns";
      readonly action: "update";
      readonly key: string;
      readonly subject: string;
      readonly existing: Mine<DnsRecord>;
      readonly desired: DesiredRecord;
    }
  /** In place of records of somebody else's, all in one transaction. Only where a label asks to adopt. */
  | {
      readonly kind: "dns";
      readonly action: "update";
      readonly key: string;
      readonly subject: string;
      readonly foreign: readonly ForeignRecord[];
      readonly desired: DesiredRecord;
      readonly takes: string;
    }
  | {
      readonly kind: "dns";
      readonly action: "delete";
      readonly key: string;
      readonly subject: string;
      readonly existing: Mine<DnsRecord>;
    };
