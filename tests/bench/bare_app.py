"""What intake's filing is held against: the shortest FastAPI endpoint that checks a body and stores it, one write each.

And what its filing page is: a page of as many bytes drawn from one document, the form that is posted put into it, and in the end
a document more and that one gone.
"""

from __future__ import annotations

import os
from typing import Any
from uuid import uuid4

import uvicorn
from fastapi import FastAPI, Request
from jinja2 import Environment
from pydantic import BaseModel
from starlette.responses import HTMLResponse, RedirectResponse

from dossier_shared.adapters.mongo import connect, database


class Applicant(BaseModel):
    name: str
    phone: str | None = None


class Filing(BaseModel):
    procedure: str
    agency: str
    channel: str
    applicant: Applicant
    form: dict[str, Any]


app = FastAPI()
db = database(connect(os.environ["MONGODB_URL"]), "bare")
table, drafts = db["dossiers"], db["drafts"]


@app.post("/api/v1/dossiers", status_code=201)
async def file(filing: Filing) -> dict[str, str]:
    id_ = str(uuid4())
    await table.insert_one({"_id": id_, **filing.model_dump()})
    return {"id": id_}


ROW = "x" * 300  # characters of a field on the page
page = Environment(autoescape=True).from_string(
    "<!doctype html><form>{% for name, value in typed %}<p><label for={{ name }}>{{ name }}</label>"
    "<input id={{ name }} value='{{ value }}'></p>{% endfor %}</form>"
)


@app.post("/drafts/{id_}/begin", status_code=201)
async def begin(id_: str, size: int) -> dict[str, str]:
    typed = {f"f{number}": ROW for number in range(size // (len(ROW) + 60) + 1)}
    await drafts.insert_one({"_id": id_, "typed": typed})
    return {"id": id_}


@app.get("/drafts/{id_}")
async def drawn(id_: str) -> HTMLResponse:
    draft = await drafts.find_one({"_id": id_})
    return HTMLResponse(page.render(typed=draft["typed"].items() if draft else ()))


@app.post("/drafts/{id_}")
async def saved(id_: str, request: Request) -> RedirectResponse:
    async with request.form() as form:
        typed = {name.replace(".", "-"): value for name, value in form.items() if isinstance(value, str)}
    await drafts.update_one({"_id": id_}, {"$set": {"mine": typed}})
    return RedirectResponse(f"/drafts/{id_}", 303)


@app.post("/drafts/{id_}/send")
async def sent(id_: str) -> RedirectResponse:
    draft = await drafts.find_one({"_id": id_})
    await table.insert_one({"_id": str(uuid4()), "filed": draft["mine"] if draft else {}})
    await drafts.delete_one({"_id": id_})
    return RedirectResponse("/filed", 303)


@app.get("/health/ready")
async def ready() -> dict[str, bool]:
    return {"ready": True}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), loop="uvloop", http="httptools", access_log=False)
