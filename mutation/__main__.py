"""`python -m mutation`: see mutation/score.py."""

import sys

from mutation.score import main

sys.exit(main())
