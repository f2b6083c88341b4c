export async function writeReport(results: readonly unknown[]): Promise<void> {
  void results;
}
