"""Templates of mails on the web: list, gallery, the editor that campaigns have, files."""
