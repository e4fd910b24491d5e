"""How much the fuzzing tests try: a few hundred inputs each, or as many as FUZZ_EXAMPLES says.

FUZZ_EXAMPLES=20000 pytest --hypothesis-show-statistics tests/imports/batches/test_fuzzing.py
"""

import os

from hypothesis import settings

fuzzing = settings(max_examples=int(os.environ.get("FUZZ_EXAMPLES", "200")))
