"""The judges:

one file each, one interface (base.Judge). Adding one is a file here and a line below.
"""

from happens_before.judges.base import Judge
from happens_before.judges.build import BuildJudge
from happens_before.judges.explore import ExploreJudge
from happens_before.judges.helgrind import HelgrindJudge
from happens_before.judges.memcheck import MemcheckJudge
from happens_before.judges.tests import TestsJudge
from happens_before.judges.tsan import TsanJudge

# In the order in which they are shown; the quick ones come first.
JUDGES: tuple[Judge, ...] = (
    BuildJudge(),
    TestsJudge(),
    TsanJudge(),
    HelgrindJudge(),
    MemcheckJudge(),
    ExploreJudge(),
)
