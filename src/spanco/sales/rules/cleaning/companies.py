"""Names of companies without what the law adds to them, in any order of their words."""

import re
from dataclasses import dataclass
from functools import lru_cache

from spanco.sales.rules.cleaning.text import fold, listed, plain_vowels

_MEMORY = 10_000
_MOST_WORDS = 12
# As they are once folded, `_` for a space: `s.r.o.` is `s_r_o`. Longer ones first, so that none is cut in the middle.
_FORMS = """
    spolka_z_ograniczona_odpowiedzialnoscia spolecnost_s_rucenim_omezenym sp_z_o_o_sp_komandytowa
    akciova_spolecnost haftungsbeschrankt limited_sirketi private_limited anonim_sirketi gmbh_and_co_kg
    gmbh_und_co_kg sp_komandytowa spolka_akcyjna unipessoal_lda international sp_z_o_o_sp_k gmbh_u_co_kg
    incorporated spolka_z_o_o corporation gmbh_co_ohg gmbh_co_kg spol_s_r_o ag_co_kg sp_z_o_o spol_sro company
    holding j_d_o_o limited ltd_sti pte_ltd pty_ltd pvt_ltd s_a_r_l s_r_l_d s_r_l_s sdn_bhd skupina co_ltd
    eireli groupe gruppe gruppo ltd_co s_coop sp_zoo spolka a_p_s d_o_o e_kfm e_p_e firma ggmbh group grupa
    grupo k_f_t l_d_a l_l_c l_l_p o_p_s p_l_c s_a_s s_a_u s_k_a s_l_l s_l_u s_n_c s_p_a s_r_l s_r_o srl_d v_o_f
    v_o_s asbl bvba corp cvba eood eurl gmbh intl kgaa ltda nyrt sapa sarl sasu scop sgps sp_j sp_k sprl srls
    a_b a_d a_e a_s ans aps asa b_v bhd c_v cic d_d doo e_k e_v ead epe epp gbr i_s ike inc ivs k_k k_s kft kkt
    lda llc llp ltd mbh n_v o_e oao ohg ood ooo ops oyj p_o pao pfa plc pte pty pvt s_a s_c s_e s_l s_p sas sau
    sci scs sia sll slu snc spa srl sro sti tmi too tov uab vof vos vzw z_s zao zrt ab ad ae ag ao as bt bv cb
    co cv dd eg ek ev fa gk hb kb kg kk ks ky lp me nv ou oy pp rt sa sc se sl ug zs
"""
_FORM = re.compile(rf"\b(?:{'|'.join(_FORMS.split()).replace('_', ' ')})\b")
_TELLING = re.compile(
    r"\b(?:gmbh(?: co kg)?|mbh|kgaa|ohg|gbr|s r o|sro|a s|v o s|ltd|limited|llc|llp|plc|inc|incorporated|corp"
    r"|corporation|company|sarl|s a r l|sas|s a|s p a|spa|s r l|srl|s l|b v|bv|n v|nv|oyj?|aps|kft|zrt|nyrt|d o o|doo"
    r"|sp z o o|uab|sia|ag|ab|as|pty|holding|group|bank|hotel|university|school|logistics|consulting|services"
    r"|solutions|technologies|systems|foundation|associates|partners|industries)\b"
)
_SMALL_WORDS = listed("a an and the und u y e et i and of der die das le la les el los il lo")


@dataclass(frozen=True, slots=True)
class Company:
    """The words of a name that tell it from others, in their order."""

    words: tuple[str, ...]

    @property
    def key(self) -> str:
        """The words in any order."""
        return " ".join(sorted(self.words))


@lru_cache(maxsize=_MEMORY)
def company(text: str) -> Company | None:
    """The company of that name; None when no letter is left of it."""
    left = fold(text)
    while (fewer := _without(left)) and fewer != left:
        left = fewer
    named = tuple(left.split())[:_MOST_WORDS]
    return Company(named) if named else None


def looks_like_company(text: str) -> bool:
    """Whether a name holds a legal form or a word that no person is called by, or a digit."""
    plain = fold(text)
    return bool(_TELLING.search(plain)) or any(letter.isdigit() for letter in plain)


def _without(plain: str) -> str:
    """The words without legal forms, small words and repetitions; nothing when no other is left."""
    bare = _FORM.sub(" ", plain).split()
    return " ".join(dict.fromkeys(plain_vowels(word) for word in bare if word not in _SMALL_WORDS))
