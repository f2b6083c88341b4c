import { type ChannelCredentials, credentials } from '@grpc/grpc-js';
import type { Tls, TlsMaterial } from '../listening/tls.ts';

/**
 * How a gateway speaks with services: over TLS where an authority is named by which they are certified, showing its
 * own certificate; else in plain.
 */
export function channelCredentials(tls: Tls | null): () => ChannelCredentials {
  const plain = credentials.createInsecure();
  let used: TlsMaterial | null = null;
  let made = plain;
  return () => {
    const now = tls?.current;
    if (!now?.ca || now === used) return made;
    used = now;
    made = credentials.createSsl(now.ca, now.key, now.cert);
    return made;
  };
}
