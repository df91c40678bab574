"""The live board of one web node: `monitor.board` in memory, what each reader may see of it, its API and its stream.

Never anything of MongoDB, never how a page looks.
"""
