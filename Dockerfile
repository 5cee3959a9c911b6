FROM python:3.12-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VAR_DIR=/var/lib/quince STATIC_ROOT=/srv/static
WORKDIR /srv/quince
# What PDFs are laid out with, and a font to set them in.
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends \
      libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core && rm -rf /var/lib/apt/lists/*
COPY requirements/extras.txt requirements/
RUN pip install --no-cache-dir --require-hashes -r requirements/extras.txt
COPY . .
# Catalogues by Babel, as the Makefile does; static files with the hash of their content in their name.
RUN for po in locale/*/LC_MESSAGES/*.po; do [ ! -e "$po" ] || \
      pybabel --quiet compile -i "$po" -o "${po%.po}.mo" -l "$(basename "$(dirname "$(dirname "$po")")")" || exit 1; done \
 && useradd --system quince && install -d -o quince /var/lib/quince \
 && SECRET_KEY=only-for-collecting python manage.py collectstatic --noinput --verbosity 0
USER quince
EXPOSE 8000
# The access log is the product's own: links in mails work for whoever has them, so no log holds their tokens.
CMD ["gunicorn", "config.wsgi", "--bind=0.0.0.0:8000", "--workers=2", "--threads=4", "--access-logfile=-", \
     "--logger-class=config.access_log.AccessLog"]
