"""Reads cases as JSON on stdin and answers with SciPy's figures: the reference of scipy.slow.test.ts."""
import json
import sys
import warnings

import numpy as np
import scipy
from scipy import special, stats
from scipy.spatial import distance

warnings.filterwarnings("ignore")


def numbers(values):
    return np.array([float(v) for v in values], dtype=float)


def samples(case):
    x, y = numbers(case["x"]), numbers(case["y"])
    found = {}
    ks = stats.ks_2samp(x, y)
    found["ks"], found["ks_p"] = ks.statistic, ks.pvalue
    if case["asymptotic"]:
        found["ks_asymptotic_p"] = stats.ks_2samp(x, y, method="asymp").pvalue
    if np.isfinite(x).all() and np.isfinite(y).all():
        found["wasserstein"] = stats.wasserstein_distance(x, y)
        found["energy"] = stats.energy_distance(x, y)
        found["normed"] = stats.wasserstein_distance(x, y) / max(np.std(x), 0.001)
    if len(x) > 1 and len(y) > 1:
        cvm = stats.cramervonmises_2samp(x, y)
        found["cvm"], found["cvm_p"] = cvm.statistic, cvm.pvalue
    if len(x) + len(y) > 3 and len(np.unique(np.concatenate([x, y]))) > 1:
        ad = stats.anderson_ksamp([x, y], variant="midrank")
        found["ad"], found["ad_p"] = ad.statistic, ad.pvalue
    for side in ("two-sided", "less", "greater"):
        mwu = stats.mannwhitneyu(x, y, alternative=side)
        found["mwu"], found["mwu_p_" + side] = mwu.statistic, mwu.pvalue
    return found


def several(case):
    ad = stats.anderson_ksamp([numbers(one) for one in case["samples"]], variant="midrank")
    return {"ad": ad.statistic, "ad_p": ad.pvalue}


def counts(case):
    a, b = numbers(case["a"]), numbers(case["b"])
    p, q = a / a.sum(), b / b.sum()
    j, k = (a + 0.5) / (a + 0.5).sum(), (b + 0.5) / (b + 0.5).sum()
    found = {
        "psi": stats.entropy(j, k) + stats.entropy(k, j),
        "kl": stats.entropy(j, k),
        "jsd": distance.jensenshannon(p, q),
        "jsd2": distance.jensenshannon(p, q, base=2),
        "hellinger": np.linalg.norm(np.sqrt(p) - np.sqrt(q)) / np.sqrt(2),
        "tv": distance.cityblock(p, q) / 2,
        "linf": distance.chebyshev(p, q),
    }
    if len(a) > 1:
        chi = stats.chi2_contingency([a, b], correction=False)
        g = stats.chi2_contingency([a, b], correction=False, lambda_="log-likelihood")
        shift = a.sum() * b.sum() / (a.sum() + b.sum()) * case["tolerance"] ** 2
        found |= {
            "chi": chi.statistic,
            "chi_p": chi.pvalue,
            "g": g.statistic,
            "g_p": g.pvalue,
            "v": stats.contingency.association(np.array([a, b], dtype=int), method="cramer"),
            "tolerant_p": stats.ncx2.sf(chi.statistic, chi.dof, shift),
        }
    return found


def binomial(case):
    k, n, p = case["hits"], case["tries"], case["chance"]
    return {side: stats.binomtest(k, n, p, alternative=side).pvalue for side in ("two-sided", "less", "greater")}


def several_tests(case):
    return {"bh": list(stats.false_discovery_control(case["p"])) if case["p"] else []}


def functions(case):
    """One call of a function by its name, from this list alone."""
    known = {
        "logGamma": special.gammaln,
        "gammaLower": special.gammainc,
        "gammaUpper": special.gammaincc,
        "betaLower": special.betainc,
        "normalTail": stats.norm.sf,
        "chiSquareTail": stats.chi2.sf,
        "shiftedChiSquareTail": stats.ncx2.sf,
        "binomialLower": stats.binom.cdf,
        "binomialTerm": stats.binom.pmf,
        "poissonTerm": stats.poisson.pmf,
        "kolmogorovTail": stats.kstwo.sf,
    }
    return {"value": known[case["name"]](*case["args"])}


KINDS = {
    "samples": samples,
    "several": several,
    "counts": counts,
    "binomial": binomial,
    "several_tests": several_tests,
    "functions": functions,
}


def plain(value):
    return [plain(one) for one in value] if isinstance(value, list) else float(value)


answers = [
    {name: plain(value) for name, value in KINDS[case["kind"]](case).items()} for case in json.load(sys.stdin)
]
json.dump({"version": scipy.__version__, "answers": answers}, sys.stdout)
