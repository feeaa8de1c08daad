from publish.claims import LEDGER, ledger
from publish.site import SITE, build

LEDGER.write_text(ledger(), "utf-8", newline="\n")
build()
print(f"open {SITE / 'index.html'}")
