import type { DescService } from '@bufbuild/protobuf';
import type { ServiceImpl } from '@connectrpc/connect';

/** Where a service's methods are registered: a Connect router, or the direct transport. */
export interface Router {
  service<T extends DescService>(service: T, implementation: Partial<ServiceImpl<T>>): unknown;
}

/** Registers the methods of a service. */
export type Routes = (router: Router) => void;
