"""The web application: for now, the endpoint by which operations see that the process is alive."""

from __future__ import annotations

from fastapi import FastAPI


def build_app() -> FastAPI:
    """An application without its framework's interactive pages: they would load scripts from elsewhere."""
    app = FastAPI(title="digest", docs_url=None, redoc_url=None, openapi_url=None)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        """Say that the process answers."""
        return {"status": "ok"}

    return app
