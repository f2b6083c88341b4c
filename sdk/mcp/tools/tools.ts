import { claimTools } from './claim-tools.ts';
import { taskTools } from './task-tools.ts';
import type { Tool } from './tool.ts';

/** Every tool of the server. */
export const tools: readonly Tool[] = [...claimTools, ...taskTools];
