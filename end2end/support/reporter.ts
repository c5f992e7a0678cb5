import type { FullResult, Reporter, Suite, TestCase } from '@playwright/test/reporter';

/** Ends the run with a line that `make test` adds up, and fails a run that skipped tests or ran none. */
export default class ClosingLine implements Reporter {
  #tests: TestCase[] = [];

  onBegin(_config: unknown, suite: Suite): void {
    this.#tests = suite.allTests();
  }

  async onEnd(result: FullResult): Promise<Pick<FullResult, 'status'>> {
    const count = (...outcomes: string[]) => this.#tests.filter((test) => outcomes.includes(test.outcome())).length;
    const passed = count('expected');
    const failed = count('unexpected', 'flaky');
    const skipped = count('skipped');
    console.log(`browser: ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
    const proves = passed > 0 && failed === 0 && skipped === 0;
    return { status: result.status === 'passed' && !proves ? 'failed' : result.status };
  }

  printsToStdio(): boolean {
    return false;
  }
}
