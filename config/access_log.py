"""The web server's access log: who asked for what, without the secrets that are in an address."""

from typing import Any

from gunicorn.glogging import Logger

from config.patterns import pattern_of


class AccessLog(Logger):
    """Writes a page's address as its pattern: /review/<token>/ and not the token.

    Links to a request, to write a review, to join a business and to choose a new password work for whoever has
    them, and logs are read, kept and copied by more people than mails. So an address is logged as the pattern that
    it matched, and neither the query nor the page one came from is logged: they hold the same links, and what people
    search for. What matches no pattern is logged as such, for it may be a link with a comma behind it.
    """

    # Network address, time, method, pattern, status, bytes, microseconds.
    line = '%(h)s %(t)s "%(m)s %(pattern)s" %(s)s %(B)s %(D)s'

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        cfg.set("access_log_format", self.line)

    def atoms(self, resp: Any, req: Any, environ: Any, request_time: Any) -> dict[str, Any]:
        atoms: dict[str, Any] = super().atoms(resp, req, environ, request_time)
        return {**atoms, "pattern": pattern_of(environ.get("PATH_INFO", ""))}
