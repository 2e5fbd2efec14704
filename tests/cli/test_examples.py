from cli.examples import EXAMPLES, shop_examples


def test_the_examples_are_those_of_the_seed() -> None:
    assert EXAMPLES.read_bytes() == shop_examples(), "`python -m cli.examples` writes them anew"
