"""``python -m immat_core``: the command line."""

import sys

from immat_core.cli import main

sys.exit(main())
