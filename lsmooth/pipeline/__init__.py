"""Learn, then apply: blocks in → kernel → blocks out, on an executor."""
