"""An alignment service with FastAPI: one model in memory, many requests at a time.

uvicorn --factory egs.server.app:create_app
"""

from __future__ import annotations

import io
import threading
from typing import Annotated, Any

from fastapi import FastAPI, File, Form, Request, UploadFile
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

import ctcalign
from ctcalign.aligner.options import AlignOptions
from ctcalign.errors import AudioError, CaptionError, CtcAlignError, UsageError

MEGABYTE = 1 << 20


def create_app(
    model: str = "builtin:en-robust",
    *,
    max_recording: int = 500 * MEGABYTE,
    max_captions: int = 5 * MEGABYTE,
    max_duration: float = 3 * 3600.0,
    at_once: int = 2,
    waiting: int = 16,
) -> FastAPI:
    """The service. The model is loaded here, once; its sessions and `ctcalign.align` can be used by several threads.

    Args:
        model: name for `ctcalign.load_model`.
        max_recording, max_captions: bytes of an upload.
        max_duration: seconds of a recording.
        at_once: alignments that are computed at the same time. More than there are processors help nobody.
        waiting: requests that may wait for their turn; further ones are told to come back later (503).
    """
    app = FastAPI(title="ctcalign", version=ctcalign.__version__)
    loaded = ctcalign.load_model(model)
    options = AlignOptions(max_duration=max_duration)
    turn, room = threading.Semaphore(at_once), threading.Semaphore(at_once + waiting)

    @app.middleware("http")
    async def limited(request: Request, call_next: Any) -> Any:
        """Refuse a body that is too long before it is read."""
        if request.method == "POST":
            length = request.headers.get("content-length", "")
            if not length.isdecimal():
                return _refused(411, "the request has no Content-Length; send the files as multipart/form-data")
            most = max_recording + max_captions + MEGABYTE
            if int(length) > most:
                return _refused(413, f"the request has {int(length)} bytes, more than {most}")
        return await call_next(request)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        """The first fault of a request in one line."""
        first = error.errors()[0]
        return _refused(422, f"{'.'.join(str(part) for part in first['loc'][1:])}: {first['msg']}")

    @app.exception_handler(HTTPException)
    async def known(request: Request, error: HTTPException) -> JSONResponse:
        return _refused(error.status_code, str(error.detail))

    @app.exception_handler(CtcAlignError)
    async def failed(request: Request, error: CtcAlignError) -> JSONResponse:
        """The messages of ctcalign are one line and name the fault and the remedy."""
        if isinstance(error, UsageError):
            return _refused(400, str(error))
        return _refused(422 if isinstance(error, (AudioError, CaptionError)) else 500, str(error))

    @app.get("/health")
    def health() -> dict[str, Any]:
        """The model that is loaded."""
        return {"model": loaded.name, "language": loaded.language, "version": ctcalign.__version__}

    # A function without `async` runs in a thread of its own: the others go on meanwhile.
    @app.post("/align")
    def align(
        recording: Annotated[UploadFile, File()],
        captions: Annotated[UploadFile, File()],
        language: Annotated[str | None, Form()] = None,
    ) -> dict[str, Any]:
        """The alignment of a recording and its captions, as the JSON document of ctcalign."""
        for upload, name, most in ((recording, "recording", max_recording), (captions, "captions", max_captions)):
            if (upload.size or 0) > most:
                raise HTTPException(413, f"{name}: {upload.size} bytes, more than {most}")
        if not room.acquire(blocking=False):
            raise HTTPException(503, "too many requests are waiting; try again in a minute")
        try:
            with turn:
                read = ctcalign.read_captions(_named(captions.file.read(), captions.filename or "captions.txt"))
                sound = _named(recording.file.read(), recording.filename or "recording")
                return ctcalign.align(sound, read, loaded, language=language, options=options).to_dict()
        finally:
            room.release()

    return app


def _named(data: bytes, name: str) -> io.BytesIO:
    """Bytes as a file with the name that the client gave, for messages and the recognition of formats."""
    file = io.BytesIO(data)
    file.name = name.replace("\\", "/").rpartition("/")[2][:100]
    return file


def _refused(status: int, message: str) -> JSONResponse:
    return JSONResponse({"error": " ".join(message.split())}, status)
