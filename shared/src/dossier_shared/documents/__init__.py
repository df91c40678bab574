"""Paper: what every document of an agency has in common, whoever prints it, and the forms offices hand out.

letterhead   whose paper it is: lines, titles, place      printing  data and a template become a PDF/A-2b, or a typed refusal
fonts        the only fonts looked at                     words     letters that are fit for paper, dates
templates/   frame.typ (quốc hiệu, agency, number, place and date, signatures, footer) and what stands on it
forms/       the seven forms of the one-stop mechanism

Belongs in: what is set on paper, as data, and how it looks. Never: a dossier, a request, a store, a key. Setting a page takes a
processor for a while: whoever prints calls it away from the event loop.
"""
