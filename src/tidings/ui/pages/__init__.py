"""Landing pages: built of blocks or HTML beside a preview, published, embedded, and what came of them."""
