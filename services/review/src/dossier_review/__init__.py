"""Thẩm định, phê duyệt: a specialist appraises, another person decides.

Here belongs a case from acceptance to its decision; never what was filed (intake) or how the decision is made out (signing).
"""
