"""python -m lsmooth."""

import sys

from lsmooth.cli import main

sys.exit(main())
