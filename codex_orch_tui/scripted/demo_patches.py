"""The edits of the demo's workers, in the form that Codex's apply_patch takes."""

SEARCH = '''*** Begin Patch
*** Add File: shop_api/search.py
+"""Finding products by their name."""
+
+from collections.abc import Iterable
+
+from shop_api.products import Product
+
+
+def search(products: Iterable[Product], text: str) -> list[Product]:
+    """The products whose name holds every word of `text`, whatever the case.
+
+    Raises:
+        ValueError: `text` holds no word.
+    """
+    words = text.casefold().split()
+    if not words:
+        raise ValueError("q needs at least one word")
+    return [product for product in products if all(word in product.name.casefold() for word in words)]
*** Update File: shop_api/server.py
@@
-from urllib.parse import urlsplit
+from urllib.parse import parse_qs, urlsplit

 from shop_api.products import PRODUCTS
+from shop_api.search import search
@@
     url = urlsplit(target)
     if url.path == "/products":
-        return 200, [asdict(product) for product in PRODUCTS]
+        query = parse_qs(url.query, keep_blank_values=True).get("q")
+        try:
+            found = PRODUCTS if query is None else search(PRODUCTS, query[0])
+        except ValueError as error:
+            return 400, {"error": str(error)}
+        return 200, [asdict(product) for product in found]
     return 404, {"error": "no such route"}
*** End Patch'''

SEARCH_TESTS = """*** Begin Patch
*** Add File: tests/test_search.py
+import unittest
+
+from shop_api.server import respond
+
+
+class SearchTest(unittest.TestCase):
+    def names(self, query: str) -> list[str]:
+        status, body = respond(f"/products?q={query}")
+        self.assertEqual(status, 200)
+        return [product["name"] for product in body]
+
+    def test_case_does_not_matter(self) -> None:
+        self.assertEqual(self.names("LAMP"), ["Desk lamp", "Floor lamp, brass"])
+
+    def test_every_word_counts(self) -> None:
+        self.assertEqual(self.names("oak+desk"), ["Desk, oak"])
+
+    def test_nothing_found_is_an_empty_list(self) -> None:
+        self.assertEqual(self.names("sofa"), [])
+
+    def test_an_empty_query_is_refused(self) -> None:
+        self.assertEqual(respond("/products?q=")[0], 400)
*** End Patch"""

BUILDS = """*** Begin Patch
*** Update File: docs/builds.md
@@
 | 1.0.0 | build server | builds.log, line 1 |
+| 1.1.0 | build server | builds.log, line 2 |
*** End Patch"""

CHANGELOG = """*** Begin Patch
*** Add File: CHANGELOG.md
+# Changelog
+
+## 1.1.0
+
+- `GET /products?q=…` searches the names of products.
+- Nothing has to be changed by those who use 1.0.0.
*** End Patch"""
