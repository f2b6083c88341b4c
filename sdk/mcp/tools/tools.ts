import { claimTools } from './claim-tools.ts';
import { taskTools } from './task-tools.ts';
import type { Tool } from './tool.ts';

/** All tools of the server. */
export const tools: readonly Tool[] = [...claimTools, ...taskTools];
