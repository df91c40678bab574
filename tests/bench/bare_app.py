"""What intake's filing is held against: the shortest FastAPI endpoint that checks a body and stores it, one write each."""

from __future__ import annotations

import os
from typing import Any
from uuid import uuid4

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

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
table = database(connect(os.environ["MONGODB_URL"]), "bare")["dossiers"]


@app.post("/api/v1/dossiers", status_code=201)
async def file(filing: Filing) -> dict[str, str]:
    id_ = str(uuid4())
    await table.insert_one({"_id": id_, **filing.model_dump()})
    return {"id": id_}


@app.get("/health/ready")
async def ready() -> dict[str, bool]:
    return {"ready": True}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["PORT"]), loop="uvloop", http="httptools", access_log=False)
