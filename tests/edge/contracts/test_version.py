from edge.contracts.version import suffixes, version_of


def test_versions_of_a_package_are_ordered_by_age() -> None:
    packages = ["a.v2", "a.v1", "a.v1beta1", "a.v1alpha2", "a.v1p1beta1", "a", "a.v10"]
    assert sorted(packages, key=lambda package: version_of(package).age) == [
        "a", "a.v1alpha2", "a.v1beta1", "a.v1", "a.v1p1beta1", "a.v2", "a.v10",
    ]  # fmt: skip
    assert {version_of(package).family for package in packages} == {"a"}
    assert version_of("a.vault").label == ""


def test_r20_the_oldest_version_keeps_the_bare_names() -> None:
    assert suffixes(["a.v2", "a.v1", "b.v2"]) == {"a.v1": "", "a.v2": "V2", "b.v2": ""}
    assert suffixes(["a.v2beta1", "a.v2alpha1"]) == {"a.v2alpha1": "", "a.v2beta1": "V2beta1"}


def test_r20_a_setting_names_another_version() -> None:
    assert suffixes(["a.v1", "a.v2", "a.v3"], {"a.v2"}) == {"a.v1": "V1", "a.v2": "", "a.v3": "V3"}
