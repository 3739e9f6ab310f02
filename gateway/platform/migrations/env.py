"""What Alembic runs at start: the migrations in `versions`, on the connection that the platform opened.

A new migration is a file `vNNNN_what_it_does.py` that names the one before it; a test compares the result with the tables
that the stores declare.
"""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
