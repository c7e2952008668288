"""Given names that stand for one another: nicknames, short forms, and the same name in other languages."""

_GROUPS = """
aleksander alexander alex aleksandr alexandr alexandre alejandro alessandro sandro sasa sasha sanyi sandor xander
aleksandra alexandra alessandra alejandra sandra
alzbeta elisabeth elizabeth elzbieta liz lisa liza beth betty betka eliska elisabetta isabel isabella erzsebet
amelia amalia amalie emilia milly
andreas andrew andrej andrzej andre andrea andres anders andy drew ondrej andras
anna ann anne ania anicka hanna hannah anita anja annie aniko
antonin anton antonio anthony antoine toni tony tonda antoni antal
barbara bara barbora barbie babs basia borbala
benjamin ben benny benji
bedrich friedrich frederick fred fritz frederic federico fryderyk
bohumil bohus
bohuslav bohous
catherine katharina katherine kate katie kathy cathy katerina kaja katka katarzyna kasia catarina caterina kathrin karin
charles karl carl karel karol carlos carlo charlie chuck kaja karoly
christine christina kristina kristyna tina kirsten christa krystyna cristina chrissy krisztina
christopher chris christoph krystof krzysztof cristobal kristof kit topher
daniel dan danny daniele dano
david dave davy davide
dominik dominic dominique domenico
dorothea dorothy dorota dora dolly dot
edward ed eddie eduard edoardo eduardo ted teddy
eleanor eleonora ellie nora leonor
emanuel emmanuel manuel manny manolo
eva eve ewa ieva evicka
francis frantisek franz francesco francisco frank fanda franta frankie paco pancho franciszek ferenc franjo
frances francesca frantiska franziska fanny
gabriel gabe gabor gabriele
gabriela gaby gabi gabriella gabrielle
george georg jiri jirka jorge giorgio georges jerzy jurgen jorg yuri juraj jura gyorgy jordi george
giovanni john jan johann johannes juan ivan jean honza hans joao ian ioan jon johnny jack janos jens jannis yannick sean
gregory greg gregor grzegorz gregorio grega rehor
harold harry hal
helena helen helene ellen elena alena lena ilona
henry henri heinrich jindrich enrique enrico hendrik henryk hank henrik heinz jindra
hugo hugh ugo
ignacio ignac ignatius nacho
jacob jakub jakob jakov jacopo kuba jake kubik
james jim jimmy jaime giacomo jacques jamie
jana jane joanna johanna janet jeanne giovanna juana janicka ivana joana
jaroslav jarda jarek jaroslaw
jennifer jen jenny
jessica jess jessie
jonathan jon nathan
joseph josef jose giuseppe joe pepa joey jozef pepe beppe sepp josip jozsef osip
julia julie julia giulia julka juliette
justin justyn
karolina caroline carolina carol karola lina charlotte lotte
kazimierz casimir kazimir kaziu
kenneth ken kenny
kristian christian cristian krystian
ladislav lada laszlo wladyslaw vladislav laco
lawrence lorenz lorenzo laurent larry vavrinec wawrzyniec lars
leonard leo leon leonardo lenny
lubomir lubos
ludwig louis luis ludvik lewis luigi lou ludek lajos
luke lukas luca lucas lukasz
magdalena madeleine magda lena majda maddalena
marcus marek mark marc marco marcos marko mark marcin
margaret margarete marketa margarita maggie peggy meg greta marguerite margherita malgorzata gosia gretchen
maria mary marie mari marysia marika maruska miriam mia masha mariya
martin martino marty marton
martina martine tina
matthew matthias matej matous mateusz mateo matteo matt mathieu matyas matias mattias
maximilian max maxim massimo maksym
michael mike michal mick michel miguel michele mikhail mischa misa mikolaj mickey mihaly
michaela michelle misa micaela
milan milos miloslav
miroslav mirek miroslaw mira
nicholas nick nicolas mikulas nikolaus niklas nicola nico nikolai klaus mikolaj nicky miklos
natalia natalie natasha natalka
oliver olivier oliverio ollie olli
patricia pat patty trish patrizia patrycja
patrick pat patrik paddy patrizio
paul pavel pablo paolo pawel paulo pavol pal pauli
paula pavla paola pavlina paulina pauline
peter petr piotr pedro pietro pete pierre petar piet petya petya pieter peti
petra petronela piera
philip filip philipp felipe filippo phil philippe fulop
rachel rahel raquel
radoslav radek radoslaw radovan
raymond ray raimund ramon
rebecca becky becca rebeka
richard rick dick rich ricky ricardo riccardo ryszard
robert bob rob bobby robbie roberto bert robi
rudolf rudy rolf ruda rodolfo
samuel sam sammy samuele
sebastian seb bastian sebastiano sebastien
simon simone szymon simeon semyon
sophia sofia sophie zofia zsofia sofie zosia
stanislav standa stanislaw stan stano
stephen steve steven stefan stephan stepan esteban stefano szczepan etienne istvan stevie stjepan
stephanie stefanie stepanka stefania steffi estefania
susan zuzana susanne suzanne susana sue zuzka susie zsuzsanna zuzanna
tereza teresa theresa therese terka tess terezie
theodore teodor theodor ted teo
thomas tom tomas tommaso tommy tomasz tomek tamas
timothy tim timo timoteo
tobias toby tobiasz
vaclav vasek wenzel waclaw venca
veronika veronica vera weronika verunka
victor viktor vittorio wiktor vito
victoria viktoria viktorie vicky vittoria wiktoria
vincent vincenc vince vincenzo wincenty vicente
vladimir vlada vova wlodzimierz volodymyr volodia
vojtech adalbert wojciech vojta albert bela
william bill will wilhelm vilem guillermo guglielmo billy willy liam guillaume willem vilmos
yvonne ivona iwona
zdenek zdenko zdislav
"""


def _table() -> dict[str, str]:
    """Each name with the first of its group; of a name in two groups the first group counts."""
    found: dict[str, str] = {}
    for group in _GROUPS.strip().splitlines():
        first, *others = group.split()
        for each in (first, *others):
            found.setdefault(each, found.get(first, first))
    return found


FORMAL = _table()
"""A given name in folded letters, and the one name by which all of its group are compared."""
