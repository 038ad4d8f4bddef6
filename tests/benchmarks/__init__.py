"""Speed and memory beside other ways to do the same: `python -m tests.benchmarks`, not part of a test run."""
