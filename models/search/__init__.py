# SPDX-License-Identifier: Apache-2.0
"""The search for the fewest bits of each layer with which a network still does its task (docs/precision_search.md).

Method: P. Judd, J. Albericio, T. Hetherington, T. Aamodt, N. Enright Jerger, R. Urtasun, A. Moshovos, "Reduced-Precision
Strategies for Bounded Memory in Deep Neural Nets", arXiv:1511.05236, 2015.
"""

from models.search.cache import EvaluationCache, SearchError
from models.search.evaluator import BudgetSpentError, Evaluator
from models.search.points import Bits, Operand, PrecisionPoint, Space
from models.search.steps import SearchResult, search

__all__ = [
    "Bits",
    "BudgetSpentError",
    "EvaluationCache",
    "Evaluator",
    "Operand",
    "PrecisionPoint",
    "SearchError",
    "SearchResult",
    "Space",
    "search",
]
