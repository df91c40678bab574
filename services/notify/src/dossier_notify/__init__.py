"""Thông báo, trả kết quả: citizens are told of their results, officers of alarms, each once.

Here belongs what is said to whom and what became of it; never why a result is what it is, or when an alarm is one.
"""
