import { type ChannelCredentials, credentials } from '@grpc/grpc-js';
import type { Tls, TlsMaterial } from '../listening/tls.ts';

/**
 * The credentials of a gateway towards services. When the settings name an authority, it uses TLS and sends its own
 * certificate. Otherwise it uses plain text.
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
