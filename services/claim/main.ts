import { runServiceProcess } from '@dispatcher/database/service-process.ts';
import { runMain } from '@dispatcher/kit/lifecycle/run-main.ts';
import { ClaimService } from '@recursiv/proto/gen/dispatcher/v1/claim_pb.ts';
import { claimSettings, readClaimSettings } from './config.ts';
import { startClaimService } from './service.ts';

const usage = { command: 'npm run start:claim', about: 'Runs the claim service, which hands out tasks.', settings: claimSettings };

await runMain(usage, async (signal) => {
  const settings = readClaimSettings();
  const maxAttempts = settings.DISPATCHER_MAX_ATTEMPTS;
  await runServiceProcess(
    ClaimService,
    settings,
    signal,
    ({ resources, ...parts }) => resources.use(startClaimService({ ...parts, maxAttempts, stopping: signal })).routes,
  );
});
