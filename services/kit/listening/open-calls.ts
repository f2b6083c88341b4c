import { type AdmissionLimits, createAdmissions } from '../admission/admission.ts';

/** Calls that need no key: health and reflection. They are counted for the client's address. */
export interface OpenCalls {
  /**
   * Admits a call until the answer is disposed. When the address has reached its limit, its oldest call ends, so that
   * calls that never end do not block a health check. Throws a 429 or a 503 when the total limit is reached.
   */
  enter(address: string, end: () => void): Disposable;
}

const defaultLimits: AdmissionLimits = { perKey: 64, total: 1024, of: 'calls without a key' };

/** Counts from zero. */
export function createOpenCalls(limits = defaultLimits): OpenCalls {
  const admissions = createAdmissions(limits);
  const byAddress = new Map<string, Set<() => void>>();
  return {
    enter(address, end) {
      const open = byAddress.get(address) ?? new Set();
      const [oldest] = open;
      if (open.size >= limits.perKey) oldest?.();
      const admitted = admissions.admit({ keyId: address, organizationId: address });
      const leave = () => {
        admitted[Symbol.dispose]();
        open.delete(endIt);
        if (open.size === 0 && byAddress.get(address) === open) byAddress.delete(address);
      };
      const endIt = () => {
        leave();
        end();
      };
      byAddress.set(address, open.add(endIt));
      return { [Symbol.dispose]: leave };
    },
  };
}
